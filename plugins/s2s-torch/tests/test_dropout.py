"""Every place where a config asks for dropout has it while training, and only then; told apart by what is left."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from s2s_toolkit.batches import Batch
from s2s_torch.dropout import Dropout
from s2s_torch.framework import TorchModel
from s2s_torch.loss import to_tensors

SHARE = 0.4
DECODERS = {
    "bahdanau": {"name": "bahdanau", "size": 40},
    "luong": {"name": "luong", "size": 40, "input_feeding": False},
}
Make = Callable[..., TorchModel]


def unrolled(model: TorchModel, batch: Batch) -> list[Tensor]:
    """Readouts while training, and otherwise."""
    found = []
    for training in (True, False):
        torch.manual_seed(1)
        model.module.train(training)
        readouts, _ = model.module.unroll(*to_tensors(batch, model.device)[:3])
        found.append(readouts.detach())
    return found


@pytest.mark.parametrize("silenced", ["source_embedding", "target_embedding"])
def test_both_embeddings_are_dropped(make_model: Make, batch: Batch, silenced: str) -> None:
    """Where one is zero, only the other can make a difference."""
    model = make_model(dropout=SHARE, decoder=DECODERS["bahdanau"])
    weights = model.weights()
    model.load_weights({**weights, silenced: np.zeros_like(weights[silenced])})
    while_training, otherwise = unrolled(model, batch)
    assert (while_training - otherwise).abs().max() > 1e-3


@pytest.mark.parametrize("num_layers", [1, 2])
@pytest.mark.parametrize("name", ["gru", "lstm"])
def test_an_encoder_drops_its_outputs_and_what_passes_between_layers(
    make_model: Make, name: str, num_layers: int
) -> None:
    """What is left of one layer's outputs is what they are without dropout; what is left of two layers' is not."""
    encoder = make_model(encoder={"name": name, "size": 20, "num_layers": num_layers, "dropout": SHARE}).module.encoder
    inputs, lengths = torch.randn(7, 11, 5), torch.tensor([11, 3, 5, 7, 11, 1, 2])
    torch.manual_seed(1)
    dropped, otherwise = (encoder.train(training).encode(inputs, lengths) for training in (True, False))
    for values, whole in zip(dropped, otherwise, strict=True):
        check_dropped(values, whole, only_at_the_end=num_layers == 1)


@pytest.mark.parametrize("num_layers", [1, 2])
@pytest.mark.parametrize("name", DECODERS)
def test_a_decoder_drops_its_readout_and_what_passes_between_layers(
    make_model: Make, batch: Batch, name: str, num_layers: int
) -> None:
    decoder = {**DECODERS[name], "num_layers": num_layers, "dropout": SHARE}
    check_dropped(*unrolled(make_model(decoder=decoder), batch), only_at_the_end=num_layers == 1)


def check_dropped(values: Any, whole: Any, *, only_at_the_end: bool) -> None:
    """A share of the values is zero; the others are those of the whole, made larger, unless more was dropped before."""
    values, whole = np.asarray(values.detach()), np.asarray(whole.detach())
    values, whole = values[whole != 0], whole[whole != 0]
    assert (values == 0).mean() == pytest.approx(SHARE, abs=0.08)
    difference = np.abs(values * (1 - SHARE) - whole)[values != 0].max()
    assert difference < 1e-5 if only_at_the_end else difference > 1e-3


@pytest.mark.parametrize("share", [0.1, 0.4, 0.75])
def test_a_share_of_the_elements_is_dropped_and_the_mean_stays(share: float) -> None:
    dropout = Dropout(share)
    inputs = torch.ones(211, 307, requires_grad=True)
    torch.manual_seed(3)
    outputs = dropout(inputs)
    outputs.sum().backward()
    assert (outputs == 0).float().mean().item() == pytest.approx(share, abs=0.01)
    torch.testing.assert_close(outputs[outputs != 0], torch.tensor(1 / (1 - share)).expand(int((outputs != 0).sum())))
    torch.testing.assert_close(inputs.grad, outputs.detach())  # what is dropped learns nothing
    assert dropout(inputs.bfloat16()).dtype == torch.bfloat16

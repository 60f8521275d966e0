"""Portable parts as PyTorch modules, and native ones beside them."""

from collections.abc import Callable

import numpy as np
import torch

from s2s_toolkit.batches import Batch
from s2s_toolkit.parts.decoders import BahdanauDecoder as PortableBahdanau
from s2s_toolkit.parts.scorers import AdditiveScorer
from s2s_torch.attention import Attention
from s2s_torch.decoders import BahdanauDecoder
from s2s_torch.framework import TorchModel
from s2s_torch.layout import places
from s2s_torch.portable import PortableDecoder, PortableScorer


def test_a_portable_scorer_holds_its_declared_weights_and_trains_them(
    make_model: Callable[..., TorchModel], batch: Batch
) -> None:
    gradients = make_model().gradients(batch)
    declared = AdditiveScorer(6, 6, size=7).weights()
    for name, weight in declared.items():
        gradient = gradients[f"attention.{name}"]
        assert gradient.shape == weight.shape
        assert np.abs(gradient).max() > 0


def test_a_portable_decoder_equals_the_native_one() -> None:
    """The same weights: unrolled by the portable step, and by the native loop with its products hoisted."""
    portable = PortableDecoder(PortableBahdanau(5, 6, size=7, num_layers=2, cell="lstm", readout_size=3))
    native = BahdanauDecoder(5, 6, size=7, num_layers=2, cell="lstm", readout_size=3)
    torch.manual_seed(1)
    theirs, ours = places(native), places(portable)
    assert theirs.keys() == ours.keys()
    with torch.no_grad():
        for name, place in ours.items():
            place.parameter.normal_(0, 0.5)
            theirs[name].parameter.copy_(theirs[name].to_tensor(place.to_numpy(place.parameter)))
    attention = Attention(PortableScorer(AdditiveScorer(7, 6, size=4)))
    for parameter in attention.parameters():
        torch.nn.init.normal_(parameter)
    memory = attention.memory(torch.randn(2, 3, 6), torch.tensor([[True] * 3, [True, False, False]]))
    embedded, summary = torch.randn(2, 4, 5), torch.randn(2, 6)
    results = [
        d.unroll(embedded, d.start(summary), lambda query: attention.attend(query, memory)) for d in (portable, native)
    ]
    torch.testing.assert_close(results[0], results[1], atol=1e-6, rtol=1e-5)


def test_attention_of_all_steps_is_that_of_each() -> None:
    torch.manual_seed(1)
    attention = Attention(PortableScorer(AdditiveScorer(7, 6, size=4)))
    for parameter in attention.parameters():
        torch.nn.init.normal_(parameter)
    memory = attention.memory(torch.randn(2, 3, 6), torch.tensor([[True] * 3, [True, False, False]]))
    queries = torch.randn(2, 5, 7)
    contexts, weights = attention.attend(queries, memory)
    for step in range(5):
        context, weight = attention.attend(queries[:, step], memory)
        torch.testing.assert_close(contexts[:, step], context)
        torch.testing.assert_close(weights[:, step], weight)
    assert (weights[1, :, 1:] == 0).all()

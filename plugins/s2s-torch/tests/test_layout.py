"""Weights in and out of PyTorch modules."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from s2s_torch.framework import TorchModel
from s2s_torch.layout import places

CELLS = ("gru", "lstm")


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("decoder", ["bahdanau", "luong"])
def test_names_and_shapes_are_those_of_the_reference(
    make_model: Callable[..., TorchModel], cell: str, decoder: str
) -> None:
    sections = {
        "encoder": {"name": cell, "size": 3, "num_layers": 2},
        "decoder": {"name": decoder, "size": 6, "num_layers": 2, "cell": cell, "readout_size": 4},
    }
    ours, reference = make_model(**sections).weights(), make_model("numpy", **sections).weights()
    assert {name: a.shape for name, a in ours.items()} == {name: a.shape for name, a in reference.items()}


@pytest.mark.parametrize("cell", CELLS)
def test_weights_survive_the_way_in_and_out(make_model: Callable[..., TorchModel], cell: str) -> None:
    model = make_model(encoder={"name": cell, "size": 3})
    rng = np.random.default_rng(7)
    given = {name: rng.normal(size=a.shape).astype(np.float32) for name, a in model.weights().items()}
    model.load_weights(given)
    for name, array in model.weights().items():
        np.testing.assert_array_equal(array, given[name], err_msg=name)


def test_weights_are_a_copy_that_training_does_not_change(make_model: Callable[..., TorchModel]) -> None:
    model = make_model()
    before = model.weights()
    with torch.no_grad():
        model.module.output.bias.add_(1)
    assert (before["output.bias"] + 1 == model.weights()["output.bias"]).all()


def test_a_matrix_of_a_linear_layer_is_transposed(make_model: Callable[..., TorchModel]) -> None:
    model = make_model()
    np.testing.assert_array_equal(model.weights()["output.kernel"], model.module.output.weight.detach().numpy().T)


def test_the_second_bias_of_an_lstm_is_zero_and_stays_so(make_model: Callable[..., TorchModel]) -> None:
    model = make_model(encoder={"name": "lstm", "size": 3})
    second = [p for name, p in model.module.encoder.named_parameters() if "bias_hh" in name]
    assert len(second) == 2
    assert all((bias == 0).all() and not bias.requires_grad for bias in second)


def test_normalized_layers_have_the_names_of_the_reference(make_model: Callable[..., TorchModel]) -> None:
    """Each is a module of its own in a list then, and its number the place there."""
    sections = {"encoder": {"name": "lstm", "size": 3, "num_layers": 3, "layer_norm": True}}
    ours, reference = make_model(**sections).weights(), make_model("numpy", **sections).weights()
    assert {name: a.shape for name, a in ours.items()} == {name: a.shape for name, a in reference.items()}
    assert {"encoder.norms.2.scale", "encoder.layers.2.backward.bias"} <= ours.keys()


def test_a_parameter_that_two_modules_share_has_one_place() -> None:
    module = nn.ModuleDict({"first": nn.Linear(5, 5), "second": nn.Linear(5, 5)})
    module["second"].weight = module["first"].weight
    assert list(places(module)) == ["first.kernel", "first.bias", "second.bias"]


def test_stacks_in_a_list_keep_their_own_numbers() -> None:
    stacks = nn.ModuleDict({"stacks": nn.ModuleList([nn.GRU(3, 5, num_layers=2), nn.GRU(5, 5, num_layers=2)])})
    assert {"stacks.0.1.forward.input_kernel", "stacks.1.0.forward.input_kernel"} <= places(stacks).keys()
    assert len(places(stacks)) == 16


@pytest.mark.parametrize(
    "sections", [{}, {"encoder": {"name": "lstm", "size": 3, "num_layers": 2, "layer_norm": True}}]
)
def test_every_trained_parameter_has_a_place(make_model: Callable[..., TorchModel], sections: dict[str, Any]) -> None:
    module = make_model(**sections).module
    placed = {id(place.parameter) for place in places(module).values()}
    assert placed == {id(parameter) for parameter in module.parameters() if parameter.requires_grad}

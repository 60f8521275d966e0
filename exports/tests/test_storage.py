"""A file holds every number of every weight once, by its name and in the precision asked for."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from s2s_onnx.choices import Precision
from s2s_onnx.graph.graphs import all_graphs
from s2s_onnx.storage.quantization import GREATEST_FACTOR
from s2s_onnx.storage.store import WORTH_IT, store
from s2s_onnx.translator import Translator
from s2s_toolkit.errors import UnsupportedError
from s2s_toolkit.run import Run, load_checkpoint
from s2s_toolkit.symbols import BOS, PAD

PRECISIONS: tuple[Precision, ...] = ("fp32", "fp16", "int8")
Wide = Callable[[Precision], Path]
Weights = dict[str, np.ndarray]


@pytest.fixture(scope="module")
def weights(wide_run: Run) -> Weights:
    """As the file has them: PAD and BOS are ruled out."""
    weights = load_checkpoint(wide_run.checkpoint_path("best")).weights
    weights["output.bias"][[PAD, BOS]] = -1e30
    return weights


@dataclass
class Stored:
    """A weight as it is found in a file, piece by piece: in 8 bits, what is sliced is stored in slices.

    Attributes:
        values: What it stands for.
        times: How often each number is stored.
        steps: Of integers, the distance between two; else 0.
    """

    values: np.ndarray
    times: np.ndarray
    steps: np.ndarray


def initializers(model: onnx.ModelProto) -> dict[str, np.ndarray]:
    """Everything that is stored, in every graph; a name that stands twice is an error."""
    tensors = [tensor for graph in all_graphs(model.graph) for tensor in graph.initializer]
    found = {tensor.name: numpy_helper.to_array(tensor) for tensor in tensors}
    assert len(found) == len(tensors)
    return found


def read_back(model: onnx.ModelProto, weights: Weights) -> dict[str, Stored]:
    """Each weight, from the arrays called "name", or "name[0:4, 2:8]" for a slice."""
    found = initializers(model)
    stored = {name: Stored(*(np.zeros(array.shape) for _ in range(3))) for name, array in weights.items()}
    for name, array in found.items():
        whole, _, kind = name.rpartition(".") if name.endswith((".half", ".int8")) else (name, "", "")
        weight, _, places = whole.partition("[")
        if weight in stored and not name.endswith(".scale"):
            index = tuple(slice(*map(int, place.split(":"))) for place in places.removesuffix("]").split(", ") if place)
            steps = found[f"{whole}.scale"] if kind == "int8" else 0.0
            stored[weight].times[index] += 1
            stored[weight].values[index] = array.astype(np.float64) * (steps if kind == "int8" else 1)
            stored[weight].steps[index] = steps
    return stored


def is_large(array: np.ndarray) -> bool:
    return array.ndim == 2 and array.size >= WORTH_IT


@pytest.fixture(scope="module")
def stored(wide_file: Wide, weights: Weights) -> Callable[[Precision], dict[str, Stored]]:
    return lambda precision: read_back(onnx.load(wide_file(precision)), weights)


def test_the_model_is_wide_enough_to_show_anything(weights: Weights) -> None:
    sizes = [array.size for array in weights.values()]
    assert sum(sizes) > 500_000
    assert sum(array.size for array in weights.values() if is_large(array)) > 0.99 * sum(sizes)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_every_number_of_every_weight_is_stored_once(
    stored: Callable[[Precision], dict[str, Stored]], precision: Precision
) -> None:
    for name, weight in stored(precision).items():
        assert (weight.times == 1).all(), name


@pytest.mark.parametrize("precision", PRECISIONS)
def test_beside_weights_a_file_holds_its_defaults_and_steps(
    wide_file: Wide, weights: Weights, precision: Precision
) -> None:
    found = initializers(onnx.load(wide_file(precision)))
    others = {name: array for name, array in found.items() if not name.startswith(tuple(weights))}
    defaults = Translator(wide_file(precision)).defaults.keys() | {"prefix"}
    steps = {name for name in others if name.endswith(".step")}
    assert others.keys() == defaults | steps | ({"int8.zero"} if precision == "int8" else set())
    assert bool(steps) == (precision == "int8")
    assert all(others[name].shape == () for name in steps)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_no_weight_hides_among_the_constants(wide_file: Wide, precision: Precision) -> None:
    for graph in all_graphs(onnx.load(wide_file(precision)).graph):
        for node in graph.node:
            if node.op_type == "Constant":
                assert np.prod(node.attribute[0].t.dims, initial=1) < WORTH_IT, node.name


def test_in_32_bits_weights_are_those_that_were_trained(
    stored: Callable[[Precision], dict[str, Stored]], weights: Weights
) -> None:
    for name, weight in stored("fp32").items():
        np.testing.assert_array_equal(weight.values, weights[name], err_msg=name)


def test_in_16_bits_large_weights_are_rounded_and_small_ones_are_not(
    stored: Callable[[Precision], dict[str, Stored]], weights: Weights
) -> None:
    for name, weight in stored("fp16").items():
        kept = weights[name].astype(np.float16) if is_large(weights[name]) else weights[name]
        np.testing.assert_array_equal(weight.values, kept, err_msg=name)


def test_in_8_bits_large_weights_are_half_a_step_off_at_most(
    stored: Callable[[Precision], dict[str, Stored]], weights: Weights
) -> None:
    for name, weight in stored("int8").items():
        assert (np.abs(weight.values - weights[name]) <= 0.5001 * weight.steps).all(), name
        assert (weight.steps > 0).all() == is_large(weights[name])
        assert (weight.steps <= np.abs(weights[name]).max() / GREATEST_FACTOR * 1.0001).all()


def test_in_8_bits_what_is_multiplied_has_7_bits(wide_file: Wide) -> None:
    """Two products of 8 by 8 bits overflow the 16 bits in which some processors add them up."""
    model = onnx.load(wide_file("int8"))
    found, factors = initializers(model), set()
    for graph in all_graphs(model.graph):
        for node in graph.node:
            if node.op_type == "MatMulIntegerToFloat":
                assert np.abs(found[node.input[1]]).max() == GREATEST_FACTOR
                factors.add(node.input[1].partition("[")[0].removesuffix(".int8"))
    assert factors == {
        "attention.key.kernel",
        "attention.query.kernel",
        "decoder.bridge.kernel",
        "decoder.layers.0.input_kernel",
        "decoder.layers.0.recurrent_kernel",
        "decoder.readout.kernel",
        "output.kernel",
    }
    assert np.abs(found["source_embedding.int8"]).max() == 127


@pytest.mark.parametrize("precision", ["fp16", "int8"])
def test_no_copy_in_32_bits_remains(wide_file: Wide, precision: Precision) -> None:
    for name, array in initializers(onnx.load(wide_file(precision))).items():
        assert array.dtype != np.float32 or array.size < WORTH_IT, name


def test_sizes_of_files(wide_file: Wide) -> None:
    """The graph itself has some 90 kB in each."""
    fp32, fp16, int8 = (wide_file(precision).stat().st_size for precision in PRECISIONS)
    assert 0.5 < fp16 / fp32 < 0.53
    assert 0.25 < int8 / fp32 < 0.29


@pytest.mark.parametrize("precision", PRECISIONS)
def test_a_model_without_large_weights_is_stored_as_it_is(
    assembled: Callable[..., Any], run: Run, precision: Precision
) -> None:
    model, parts, feeds = assembled(run, texts=["ab", ""])
    found = read_back(store(model, parts.weights, precision, feeds), parts.weights)
    for name, array in parts.weights.items():
        np.testing.assert_array_equal(found[name].values, array)
        assert (found[name].times == 1).all()


def test_storing_leaves_the_graph_with_inputs_as_it_was(assembled: Callable[..., Any], run: Run) -> None:
    model, parts, feeds = assembled(run, texts=["ab"])
    before = model.SerializeToString(deterministic=True)
    store(model, parts.weights, "int8", feeds)
    assert model.SerializeToString(deterministic=True) == before


BEYOND = [("fp16", 70_000.0), ("fp16", np.nan), ("int8", np.inf), ("int8", np.nan)]


@pytest.mark.parametrize(("precision", "value"), BEYOND)
def test_a_number_that_the_precision_can_not_hold_is_refused(
    assembled: Callable[..., Any], wide_run: Run, precision: Precision, value: float
) -> None:
    """Else it would become infinite, or some integer, and nobody would judge that."""
    model, parts, feeds = assembled(wide_run, texts=["ab"])
    kernel = parts.weights["output.kernel"].copy()
    kernel[3, 5] = value
    message = f"weight 'output.kernel' holds {value}, which {precision} can't; use --precision fp32"
    with pytest.raises(UnsupportedError, match=message):
        store(model, {**parts.weights, "output.kernel": kernel}, precision, feeds)

"""Weights into a graph that has them as inputs, each once, in the precision asked for."""

from collections.abc import Iterable, Mapping

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from s2s_onnx.choices import Precision
from s2s_onnx.graph.graphs import replace_inputs, replace_nodes
from s2s_onnx.storage.calibration import Feed, peaks
from s2s_onnx.storage.quantization import MICROSOFT, quantize
from s2s_onnx.storage.slicing import split_slices
from s2s_onnx.storage.transposing import take_transposes
from s2s_onnx.storage.writing import LARGEST
from s2s_toolkit.errors import UnsupportedError

WORTH_IT = 1024
"""Elements of the smallest matrix that is stored in less than 32 bits."""


def store(
    model: onnx.ModelProto,
    weights: Mapping[str, np.ndarray],
    precision: Precision = "fp32",
    feeds: Iterable[Feed] = (),
) -> onnx.ModelProto:
    """A copy of the model whose inputs that are weights are constants.

    Args:
        model: Has the weights as inputs.
        weights: Float32 arrays, by the names of the inputs.
        precision: "fp32"; "fp16": half the file, widened once when it is opened; "int8": see
            `s2s_onnx.storage.quantization`.
        feeds: Examples of the other inputs; "int8" needs them.
    """
    stored = onnx.ModelProto()
    stored.CopyFrom(model)
    graph = stored.graph
    replace_inputs(graph, [value for value in graph.input if value.name not in weights])
    if precision == "int8":
        if sum(array.nbytes for array in weights.values()) > LARGEST:
            raise UnsupportedError("a model of more than 1.9 GB can't be rounded to int8; use --precision fp16")
        weights = split_slices(graph, weights)
    large = {name: array for name, array in weights.items() if array.size >= WORTH_IT and array.ndim == 2}
    if precision != "fp32":
        _check_range(large, precision)
    if precision == "int8":
        transposed = take_transposes(graph, large)
        factors = large | {name: large[weight].T for name, weight in transposed.items()}
        watched = onnx.ModelProto()
        watched.CopyFrom(stored)
        _hold(watched.graph, {**weights, **factors})
        if MICROSOFT not in {used.domain for used in stored.opset_import}:
            stored.opset_import.append(helper.make_opsetid(MICROSOFT, 1))
        quantize(graph, large, _biases(weights), peaks(watched, factors, feeds), transposed=transposed)
    elif precision == "fp16":
        _halve(graph, large)
    whole = {name: array for name, array in weights.items() if precision == "fp32" or name not in large}
    _hold(graph, whole)
    return stored


def _hold(graph: onnx.GraphProto, weights: Mapping[str, np.ndarray]) -> None:
    """Put weights in as they are."""
    graph.initializer.extend(
        numpy_helper.from_array(np.ascontiguousarray(array), name) for name, array in weights.items()
    )


def _check_range(weights: Mapping[str, np.ndarray], precision: Precision) -> None:
    """What does not fit would become infinite, or a number that it is not, without a word."""
    greatest = float(np.finfo(np.float16 if precision == "fp16" else np.float32).max)
    for name, array in weights.items():
        beyond = array[~(np.abs(array) <= greatest)]  # NaN among it
        if beyond.size:
            raise UnsupportedError(f"weight {name!r} holds {beyond[0]}, which {precision} can't; use --precision fp32")


def _biases(weights: Mapping[str, np.ndarray]) -> set[str]:
    """Weights that, added to rows, can only be one number for each column."""
    return {name for name, array in weights.items() if array.ndim == 1 and array.size > 1}


def _halve(graph: onnx.GraphProto, weights: Mapping[str, np.ndarray]) -> None:
    """Store halves and widen them; onnxruntime does that once, since nothing else is read."""
    widened = [helper.make_node("Cast", [f"{name}.half"], [name], to=TensorProto.FLOAT) for name in weights]
    replace_nodes(graph, [*widened, *graph.node])
    graph.initializer.extend(
        numpy_helper.from_array(array.astype(np.float16), f"{name}.half") for name, array in weights.items()
    )

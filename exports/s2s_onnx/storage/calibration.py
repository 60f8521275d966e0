"""How large the left sides of matrix products get, seen on examples: 8-bit integers need to know beforehand."""

from collections.abc import Iterable, Mapping
from math import floor, log10

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper

from s2s_onnx.graph.graphs import body_of
from s2s_onnx.session import providers, quiet_options
from s2s_toolkit.errors import UnsupportedError

Feed = Mapping[str, np.ndarray]
PEAK = "peak of "


def peaks(model: onnx.ModelProto, weights: Iterable[str], feeds: Iterable[Feed]) -> dict[str, float]:
    """The greatest absolute value of each value that is multiplied by a weight; left out if it never was.

    Args:
        model: A whole model; the products in it and in the bodies of its loops are watched.
        weights: Names of the weights.
        feeds: Inputs to run it on.
    """
    watched = onnx.ModelProto()
    watched.CopyFrom(model)
    names = _watch(watched.graph, set(weights))
    if not names:
        return {}  # onnxruntime would take it for a wish for every output
    content = watched.SerializeToString()
    session = onnxruntime.InferenceSession(content, quiet_options(), providers=providers("cpu"))
    greatest = dict.fromkeys(names, 0.0)
    for feed in feeds:
        for name, found in zip(names, session.run([PEAK + name for name in names], dict(feed)), strict=True):
            greatest[name] = max(greatest[name], float(np.max(found, initial=0.0)))
    if strange := [name for name, peak in greatest.items() if not np.isfinite(peak)]:
        raise UnsupportedError(f"the model gives {greatest[strange[0]]} on its own dev pairs; int8 needs numbers")
    return {name: _rounded_up(peak) for name, peak in greatest.items() if peak > np.finfo(np.float32).tiny}


def _watch(graph: onnx.GraphProto, weights: set[str]) -> list[str]:
    """Add the peak of each left side as an output; the names of the left sides."""
    found = _add_peaks(graph, weights)
    graph.output.extend(_scalar(PEAK + name, []) for name in found)
    for node in graph.node:
        if node.op_type == "Loop":
            body = body_of(node)
            inside = _add_peaks(body, weights)
            body.output.extend(_scalar(PEAK + name, []) for name in inside)
            node.output.extend(PEAK + name for name in inside)
            graph.output.extend(_scalar(PEAK + name, ["steps"]) for name in inside)
            found += inside
    return found


def _add_peaks(graph: onnx.GraphProto, weights: set[str]) -> list[str]:
    names = sorted({node.input[0] for node in graph.node if node.op_type == "MatMul" and node.input[1] in weights})
    for name in names:
        graph.node.append(helper.make_node("Abs", [name], [f"size of {name}"]))
        graph.node.append(helper.make_node("ReduceMax", [f"size of {name}"], [PEAK + name], keepdims=0))
    return names


def _scalar(name: str, shape: list[str]) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def _rounded_up(peak: float) -> float:
    """Up to two digits, so that the last bits of a machine's arithmetic don't reach the file."""
    unit = 10.0 ** (floor(log10(peak)) - 1)
    return float(np.ceil(peak / unit) * unit)

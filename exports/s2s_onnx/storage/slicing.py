"""Slices of weights as weights of their own, so that each can be stored and multiplied with like a whole one."""

from collections.abc import Mapping

import numpy as np
import onnx
from onnx import numpy_helper

from s2s_onnx.graph.graphs import all_graphs, replace_inputs, replace_nodes

Weights = Mapping[str, np.ndarray]


def split_slices(graph: onnx.GraphProto, weights: Weights) -> dict[str, np.ndarray]:
    """Replace what slices a weight by the slice.

    Args:
        graph: Is changed, the graphs in it too.
        weights: Arrays by the names of values that the graph doesn't define.

    Returns:
        The weights that the graph reads now.
    """
    split = dict(weights)
    names: dict[str, str] = {}
    for each in all_graphs(graph):
        constants = {node.output[0]: node for node in each.node if node.op_type == "Constant"}
        kept = []
        for node in each.node:
            if node.op_type == "Slice" and node.input[0] in weights and constants.keys() >= set(node.input[1:]):
                limits = (_value(constants[name]) for name in node.input[1:])
                name, array = _slice(node.input[0], weights[node.input[0]], *limits)
                names[node.output[0]], split[name] = name, array
            else:
                kept.append(node)
        replace_nodes(each, kept)
    for each in all_graphs(graph):
        for node in each.node:
            for place, name in enumerate(node.input):
                if name in names:
                    node.input[place] = names[name]
    read = {name for each in all_graphs(graph) for node in each.node for name in node.input}
    read |= {value.name for each in all_graphs(graph) for value in each.output}
    for each in all_graphs(graph):  # of limits that nothing reads any more onnxruntime would warn
        replace_nodes(each, [node for node in each.node if node.op_type != "Constant" or node.output[0] in read])
    found = {name: array for name, array in split.items() if name in read}
    replace_inputs(graph, [value for value in graph.input if value.name not in weights or value.name in found])
    return found


def _slice(
    name: str, array: np.ndarray, starts: np.ndarray, ends: np.ndarray, axes: np.ndarray, steps: np.ndarray
) -> tuple[str, np.ndarray]:
    """What the operator gives, called "name[0:4, 2:8]"."""
    index = [slice(0, size, 1) for size in array.shape]
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        index[axis] = slice(*slice(int(start), int(end), int(step)).indices(array.shape[axis]))
    places = ", ".join(f"{part.start}:{part.stop}" + f":{part.step}" * (part.step != 1) for part in index)
    return f"{name}[{places}]", np.ascontiguousarray(array[tuple(index)])


def _value(constant: onnx.NodeProto) -> np.ndarray:
    return numpy_helper.to_array(next(attribute.t for attribute in constant.attribute if attribute.name == "value"))

"""Cut a graph in two at one of its outputs, so that something outside can use that output before the rest runs.

A decoder's step asks in its middle: its query goes out, and what attention finds comes in.
"""

from collections.abc import Collection, Iterable

import onnx
from onnx import shape_inference

from s2s_onnx.graph.graphs import all_graphs
from s2s_toolkit.errors import UnsupportedError


def split(model: onnx.ModelProto, at: str, without: Collection[str]) -> tuple[onnx.ModelProto, onnx.ModelProto]:
    """A model as two: one that gives the output `at` and needs no input in `without`, and one that goes on.

    What the first computes and the second reads is an output of the first and an input of the second, by its name.
    """
    model = shape_inference.infer_shapes(model)
    graph = model.graph
    types = {value.name: value for value in (*graph.input, *graph.value_info, *graph.output)}
    inputs = [value.name for value in graph.input]
    first = _needed(graph, [at], given=inputs)
    if late := _read(first) & set(without):
        raise UnsupportedError(f"its graph computes {at} from {min(late)}, which is only known afterwards")
    known = (node for node in first if node.input and types.keys() >= set(node.output))  # the rest is done again
    made = {name for node in known for name in node.output}
    outputs = [value.name for value in graph.output if value.name != at]
    rest = [name for name in outputs if name not in made]
    second = _needed(graph, rest, given=[*inputs, *made])
    handed = made & (_read(second) | set(outputs))
    return (
        _part(model, first, [types[name] for name in inputs], [types[name] for name in (at, *sorted(handed - {at}))]),
        _part(model, second, [types[name] for name in (*inputs, *sorted(handed))], [types[name] for name in rest]),
    )


def _needed(graph: onnx.GraphProto, wanted: Iterable[str], given: Collection[str]) -> list[onnx.NodeProto]:
    """The nodes that what is wanted depends on, in their order, once some values are given."""
    missing, found = set(wanted) - set(given), []
    for node in reversed(graph.node):
        if missing & set(node.output):
            found.append(node)
            missing |= _read([node]) - set(given)
    return found[::-1]


def _read(nodes: Iterable[onnx.NodeProto]) -> set[str]:
    """Every name that nodes, and the graphs in them, read."""
    graphs = all_graphs(onnx.GraphProto(node=nodes))
    return {name for graph in graphs for node in graph.node for name in node.input}


def _part(
    model: onnx.ModelProto,
    nodes: list[onnx.NodeProto],
    given: list[onnx.ValueInfoProto],
    wanted: list[onnx.ValueInfoProto],
) -> onnx.ModelProto:
    """A model of some of the nodes, with those inputs and initializers that they read."""
    names = _read(nodes)
    inputs = [value for value in given if value.name in names]
    tensors = [tensor for tensor in model.graph.initializer if tensor.name in names]
    part = onnx.helper.make_graph(nodes, model.graph.name, inputs, wanted, tensors)
    return onnx.helper.make_model(part, opset_imports=model.opset_import, ir_version=model.ir_version)

"""Walking and changing graphs that have graphs in them."""

from collections.abc import Iterator, Sequence

import onnx


def all_graphs(graph: onnx.GraphProto) -> Iterator[onnx.GraphProto]:
    """The graph and all graphs in it."""
    yield graph
    for node in graph.node:
        for inner in subgraphs(node):
            yield from all_graphs(inner)


def subgraphs(node: onnx.NodeProto) -> Iterator[onnx.GraphProto]:
    """The graphs that a node holds: the body of a loop, the branches of a choice."""
    for attribute in node.attribute:
        if attribute.type == onnx.AttributeProto.GRAPH:
            yield attribute.g


def body_of(loop: onnx.NodeProto) -> onnx.GraphProto:
    """The one graph that a `Loop` holds."""
    (body,) = subgraphs(loop)
    return body


def replace_nodes(graph: onnx.GraphProto, nodes: Sequence[onnx.NodeProto]) -> None:
    """Give a graph other nodes, in this order."""
    nodes = list(nodes)
    del graph.node[:]
    graph.node.extend(nodes)


def replace_inputs(graph: onnx.GraphProto, inputs: Sequence[onnx.ValueInfoProto]) -> None:
    """Give a graph other inputs, in this order."""
    inputs = list(inputs)
    del graph.input[:]
    graph.input.extend(inputs)

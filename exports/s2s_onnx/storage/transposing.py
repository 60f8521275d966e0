"""Transposes of tables as values of their own, so that 8-bit integers can be multiplied with and are stored once."""

from collections.abc import Collection

import onnx

from s2s_onnx.graph.graphs import all_graphs, replace_nodes


def take_transposes(graph: onnx.GraphProto, weights: Collection[str]) -> dict[str, str]:
    """Remove what transposes a weight, but for one that is a right side as it is too; name of the transpose -> weight.

    Args:
        graph: Is changed, the graphs in it too; it doesn't define the transposes any more.
        weights: Names of matrices.
    """
    nodes = [node for each in all_graphs(graph) for node in each.node]
    factors = {node.input[1] for node in nodes if node.op_type == "MatMul"}
    names = {
        node.output[0]: f"{node.input[0]}.transposed"
        for node in nodes
        if _is_transpose(node) and node.input[0] in set(weights) - factors
    }
    for node in nodes:
        for place, name in enumerate(node.input):
            node.input[place] = names.get(name, name)
    for each in all_graphs(graph):
        replace_nodes(each, [node for node in each.node if not names.keys() & set(node.output)])
    return {name: name.removesuffix(".transposed") for name in names.values()}


def _is_transpose(node: onnx.NodeProto) -> bool:
    """Of a matrix: axes may also be put in the order that they have."""
    return node.op_type == "Transpose" and all(list(a.ints) == [1, 0] for a in node.attribute if a.name == "perm")

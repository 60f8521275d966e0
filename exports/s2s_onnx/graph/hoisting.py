"""Move out of a loop what is the same in each of its steps.

spox puts a node into the innermost graph that uses it, so what only the loop uses would be computed anew at every step.
"""

import onnx

from s2s_onnx.graph.graphs import body_of, replace_nodes, subgraphs


def hoist(graph: onnx.GraphProto) -> None:
    """Put before each `Loop` of a graph the nodes of its body that read only what lies outside of it, and constants."""
    nodes: list[onnx.NodeProto] = []
    for node in graph.node:
        if node.op_type == "Loop":
            nodes += _taken_out(body_of(node))
        nodes.append(node)
    replace_nodes(graph, nodes)


def _taken_out(body: onnx.GraphProto) -> list[onnx.NodeProto]:
    """Remove from a body, and return, the nodes that don't depend on the step."""
    moved = _moved(body)
    taken = [body.node[number] for number in moved]
    for number in reversed(moved):
        del body.node[number]
    return taken


def _moved(body: onnx.GraphProto) -> list[int]:
    """Which nodes don't depend on the step, with the constants that they read.

    What reads constants alone stays: onnxruntime computes that once in any case.
    """
    results = {value.name for value in body.output}
    constants = {
        n.output[0]: i for i, n in enumerate(body.node) if n.op_type == "Constant" and n.output[0] not in results
    }
    inside = {value.name for value in body.input}
    moved: set[int] = set()
    for number, node in enumerate(body.node):
        read = set(filter(None, node.input))
        has_subgraph = any(subgraphs(node))
        if read <= constants.keys() or read & inside or has_subgraph or results & set(node.output):
            inside.update(set(node.output) - constants.keys())
        else:
            moved |= {number, *(constants[name] for name in read & constants.keys())}
    return sorted(moved)

"""Take out of a graph what no output needs."""

from collections.abc import Collection, Mapping

import onnx

from s2s_onnx.graph.graphs import all_graphs, body_of, replace_nodes


def prune(graph: onnx.GraphProto, keep: Collection[str] = ()) -> None:
    """Remove nodes whose results nothing reads, and what loops collect for nothing; onnxruntime keeps the latter.

    Args:
        graph: Is changed, the graphs in it too.
        keep: Values that stay although nothing reads them; onnxruntime leaves their nodes out.
    """
    size = 0
    while size != (size := graph.ByteSize()):
        for each in all_graphs(graph):
            _prune_nodes(each, keep)


def _prune_nodes(graph: onnx.GraphProto, keep: Collection[str]) -> None:
    read = set(keep)
    read |= {name for each in all_graphs(graph) for node in each.node for name in node.input}
    read |= {value.name for each in all_graphs(graph) for value in each.output}
    for node in graph.node:
        if node.op_type == "Loop":
            _prune_collected(node, read)
    replace_nodes(graph, [node for node in graph.node if read & set(node.output)])


def _prune_collected(loop: onnx.NodeProto, read: set[str]) -> None:
    """Drop what a loop collects from each step and nothing reads; what it carries stays."""
    body = body_of(loop)
    num_carried = len(body.input) - 2
    for number in reversed(range(num_carried, len(loop.output))):
        if loop.output[number] not in read:
            del loop.output[number]
            del body.output[number + 1]  # the first is the condition


def drop_copies(graph: onnx.GraphProto) -> None:
    """Remove nodes that only give a result of the graph its name: onnxruntime would copy the value at every step."""
    for each in all_graphs(graph):
        results = {value.name for value in each.output}
        made = {name for node in each.node for name in node.output}
        names: dict[str, str] = {}
        for node in each.node:
            if node.op_type == "Identity" and node.output[0] in results:
                (old,), (new,) = node.input, node.output
                if old in made and old not in results | names.keys():
                    names[old] = new
        if names:
            copies = set(names.items())
            replace_nodes(each, [node for node in each.node if (*node.input, *node.output) not in copies])
            for inner in all_graphs(each):
                for node in inner.node:
                    _rename(node, names)


def _rename(node: onnx.NodeProto, names: Mapping[str, str]) -> None:
    for values in (node.input, node.output):
        for place, name in enumerate(values):
            if name in names:
                values[place] = names[name]

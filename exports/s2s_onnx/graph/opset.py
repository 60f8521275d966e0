"""The operator sets that an exported file uses."""

from typing import Any

import onnx
import spox.opset.ai.onnx.v21
from onnx import defs, helper

from s2s_onnx.choices import OPSET as OPSET  # so that it is found here, too
from s2s_onnx.graph.graphs import all_graphs
from s2s_toolkit.errors import UnsupportedError

op: Any = spox.opset.ai.onnx.v21
"""Constructors of operators. `Any`, because spox does not declare that it re-exports those of older operator sets."""
IR_VERSION = 10
OPSETS = [
    helper.make_opsetid("", OPSET),
    helper.make_opsetid("ai.onnx.ml", 4),
    helper.make_opsetid("com.microsoft", 1),
]


def declare(model: onnx.ModelProto, opset: int) -> None:
    """Declare another version of the standard operators, in which all that the model uses means the same.

    Between `LOWEST_OPSET` and `HIGHEST_OPSET` most operators only learned new types. That this is so for each one used
    here is checked: UnsupportedError if an operator has other attributes, inputs or outputs there.
    """
    for graph in all_graphs(model.graph):
        for node in graph.node:
            if node.domain in ("", "ai.onnx") and not _means_the_same(node, opset):
                raise UnsupportedError(
                    f"operator {node.op_type} is not the same in opset {opset} as in {OPSET}; use --opset {OPSET}"
                )
    for used in model.opset_import:
        if used.domain in ("", "ai.onnx"):
            used.version = opset
    model.ir_version = helper.find_min_ir_version_for(model.opset_import, ignore_unknown=True)


def _means_the_same(node: onnx.NodeProto, opset: int) -> bool:
    try:
        here, there = (defs.get_schema(node.op_type, max_inclusive_version=version) for version in (OPSET, opset))
    except defs.SchemaError:
        return False
    if here.since_version == there.since_version:
        return True
    given = {attribute.name for attribute in node.attribute}
    return (
        all(name in there.attributes for name in given)
        and all(there.attributes[name].type == here.attributes[name].type for name in given)
        and all(_defaults(here)[name] == value for name, value in _defaults(there).items() if name in _defaults(here))
        and [value.name for value in there.inputs][: len(here.inputs)] == [value.name for value in here.inputs]
        and [value.name for value in there.outputs][: len(here.outputs)] == [value.name for value in here.outputs]
    )


def _defaults(schema: defs.OpSchema) -> dict[str, bytes]:
    return {
        name: attribute.default_value.SerializeToString()
        for name, attribute in schema.attributes.items()
        if not attribute.required
    }

"""Strings in a graph: cut, replaced, joined. The empty string is never a piece, so it pads."""

import re
from collections.abc import Mapping, Sequence

import numpy as np
import onnx
import spox.opset.ai.onnx.ml.v4 as ml
from onnx import TensorProto, helper
from spox import Var, inline

from s2s_onnx.graph.opset import IR_VERSION, OPSETS, op

CODE_POINTS = ("",)
"""The separators at which text falls into its code points."""


def split(text: Var, separators: Sequence[str]) -> Var:
    """Cut text (B,) at each of the separators: pieces (B, S), none of them empty, and "" after the last."""
    return inline(_splitter(separators))(text=text)["pieces"]


def replace(pieces: Var, table: Mapping[str, str]) -> Var:
    """Other pieces for those in a table, of any shape; the rest stay."""
    found = ml.label_encoder(pieces, keys_strings=list(table), values_strings=list(table.values()), default_string="")
    return op.where(op.equal(found, string("")), pieces, found)


def join(pieces: Var) -> Var:
    """Put together along the last axis: (..., S) -> (...)."""
    shape = op.shape(pieces, end=-1)
    nothing = op.expand(string(""), op.concat([shape, integers(1)], axis=0))

    def halve(_round: Var, _go: Var, pieces: Var) -> list[Var]:
        """Append every second piece to the one before it: as many rounds as S has bits, not S of them."""
        first, second = _every_second(pieces, 0), _every_second(op.concat([pieces, nothing], axis=-1), 1)
        longer = op.string_concat(first, second)
        return [_many(longer), longer]

    pieces = op.concat([nothing, pieces], axis=-1)  # so that there is one, if only an empty one
    (joined,) = op.loop(cond=_many(pieces), v_initial=[pieces], body=halve)
    return op.reshape(joined, shape)


def string(value: str) -> Var:
    """A constant without axes; numpy would drop a NUL from its end."""
    return op.constant(value_string=value)


def integers(*values: int) -> Var:
    """A constant with one axis."""
    return op.const(np.array(values, np.int64))


def _every_second(pieces: Var, start: int) -> Var:
    return op.slice(pieces, integers(start), integers(np.iinfo(np.int64).max), integers(-1), integers(2))


def _many(pieces: Var) -> Var:
    return op.greater(op.shape(pieces, start=-1), integers(1))


def _splitter(separators: Sequence[str]) -> onnx.ModelProto:
    """An operator of onnxruntime's own domain, of which spox knows nothing."""
    node = helper.make_node(
        "Tokenizer",
        ["text"],
        ["pieces"],
        domain="com.microsoft",
        mark=0,
        mincharnum=1,
        pad_value="",
        separators=[re.escape(separator) for separator in separators],  # the operator takes expressions
    )
    text = helper.make_tensor_value_info("text", TensorProto.STRING, ["B"])
    pieces = helper.make_tensor_value_info("pieces", TensorProto.STRING, ["B", "S"])
    graph = helper.make_graph([node], "split", [text], [pieces])
    return helper.make_model(graph, opset_imports=OPSETS, ir_version=IR_VERSION)

"""Ids to text: looked up, and joined with the tokenizer's separator."""

from collections.abc import Mapping

import numpy as np
import onnx
import spox.opset.ai.onnx.ml.v4 as ml
from spox import Tensor, Var, argument, build

from s2s_onnx.graph.opset import IR_VERSION, op
from s2s_onnx.text.strings import integers, join, string
from s2s_toolkit.segmentation import MARK
from s2s_toolkit.symbols import EOS, SPECIAL, UNK
from s2s_toolkit.text import TextSide
from s2s_toolkit.tokenizers import segmentation


def writing_graph(target: TextSide) -> onnx.ModelProto:
    """ids (B, N, T), PAD after the end, and lengths (B, N) -> text (B, N), symbols (B, N, T) with EOS."""
    ids, lengths = argument(Tensor(np.int64, ("B", "N", "T"))), argument(Tensor(np.int64, ("B", "N")))
    written = {UNK: SPECIAL[UNK], **dict(enumerate(target.vocabulary.symbols[len(SPECIAL) :], start=len(SPECIAL)))}
    pieces = _looked_up(ids, written)
    places = op.range(op.const(0), op.squeeze(op.shape(ids, start=2)), op.const(1))  # (T,)
    ends = op.unsqueeze(lengths, integers(2))  # (B, N, 1)
    separator = target.tokenizer.separator
    if segmentation(target.tokenizer) is None:
        is_separated = op.and_(op.greater(places, op.const(0)), op.less(places, ends))
        parts = op.string_concat(op.where(is_separated, string(separator), string("")), pieces)
    else:
        parts = _with_separators(ids, places, written, separator)
    outputs = {
        "text": join(parts),
        "symbols": op.where(op.equal(places, ends), string(SPECIAL[EOS]), pieces),
    }
    model = build({"ids": ids, "lengths": lengths}, outputs)
    model.ir_version = IR_VERSION
    return model


def _with_separators(ids: Var, places: Var, written: Mapping[int, str], separator: str) -> Var:
    """Pieces with a separator for each `MARK`, but for one where the text begins: (B, N, T)."""
    parts = {number: piece.replace(MARK, separator) for number, piece in written.items()}
    first = {number: part.removeprefix(separator) for number, part in parts.items()}
    return op.where(op.equal(places, op.const(0)), _looked_up(ids, first), _looked_up(ids, parts))


def _looked_up(ids: Var, written: Mapping[int, str]) -> Var:
    return ml.label_encoder(ids, keys_int64s=list(written), values_strings=list(written.values()), default_string="")

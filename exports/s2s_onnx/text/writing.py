"""Ids to text: looked up, and joined with the tokenizer's separator."""

import numpy as np
import onnx
import spox.opset.ai.onnx.ml.v4 as ml
from spox import Tensor, argument, build

from s2s_onnx.graph.opset import IR_VERSION, op
from s2s_onnx.text.strings import integers, join, string
from s2s_toolkit.symbols import EOS, SPECIAL, UNK
from s2s_toolkit.text import TextSide


def writing_graph(target: TextSide) -> onnx.ModelProto:
    """ids (B, N, T), PAD after the end, and lengths (B, N) -> text (B, N), symbols (B, N, T) with EOS."""
    ids, lengths = argument(Tensor(np.int64, ("B", "N", "T"))), argument(Tensor(np.int64, ("B", "N")))
    written = {UNK: SPECIAL[UNK], **dict(enumerate(target.vocabulary.symbols[len(SPECIAL) :], start=len(SPECIAL)))}
    pieces = ml.label_encoder(ids, keys_int64s=list(written), values_strings=list(written.values()), default_string="")
    places = op.range(op.const(0), op.squeeze(op.shape(ids, start=2)), op.const(1))  # (T,)
    ends = op.unsqueeze(lengths, integers(2))  # (B, N, 1)
    is_separated = op.and_(op.greater(places, op.const(0)), op.less(places, ends))
    separators = op.where(is_separated, string(target.tokenizer.separator), string(""))
    outputs = {
        "text": join(op.string_concat(separators, pieces)),
        "symbols": op.where(op.equal(places, ends), string(SPECIAL[EOS]), pieces),
    }
    model = build({"ids": ids, "lengths": lengths}, outputs)
    model.ir_version = IR_VERSION
    return model

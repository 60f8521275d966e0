"""Text to ids: normalised, cut into symbols, looked up."""

import numpy as np
import onnx
import spox.opset.ai.onnx.ml.v4 as ml
from spox import Tensor, Var, argument, build

from s2s_onnx.graph.opset import IR_VERSION, op
from s2s_onnx.text.normalizing import normalize
from s2s_onnx.text.segmenting import segment
from s2s_onnx.text.strings import integers, split, string
from s2s_onnx.text.tagging import split_tagged
from s2s_toolkit.symbols import EOS, PAD, SPECIAL, UNK
from s2s_toolkit.text import TextSide
from s2s_toolkit.tokenizers import segmentation, tag_separators
from s2s_toolkit.vocabulary import Vocabulary


def reading_graph(source: TextSide) -> onnx.ModelProto:
    """source (B,) -> source_ids (B, S) with EOS, source_lengths (B,) that count it, source_symbols (B, S)."""
    text = _text()
    symbols = _symbols(text, source)
    ids = _ids(symbols, source.vocabulary)
    lengths = _lengths(symbols)
    outputs = {
        "source_ids": _with_end(ids, lengths, pad=integers(PAD), end=integers(EOS)),
        "source_lengths": op.add(lengths, integers(1)),
        "source_symbols": _with_end(symbols, lengths, pad=string(""), end=string(SPECIAL[EOS])),
    }
    return _model({"source": text}, outputs)


def prefix_graph(target: TextSide) -> onnx.ModelProto:
    """prefix (B,) -> prefix_ids (B, P) without EOS, PAD after the last; P is 0 if every prefix is empty."""
    text = _text()
    return _model({"prefix": text}, {"prefix_ids": _ids(_symbols(text, target), target.vocabulary)})


def _text() -> Var:
    return argument(Tensor(np.str_, ("B",)))


def _symbols(text: Var, side: TextSide) -> Var:
    """(B,) -> (B, S), "" after the last."""
    text, separators = normalize(text, side.normalization), side.tokenizer.separators
    if tags := tag_separators(side.tokenizer):
        return split_tagged(text, separators, tags)
    pieces, cutting = split(text, separators), segmentation(side.tokenizer)
    return pieces if cutting is None else segment(pieces, cutting)


def _ids(symbols: Var, vocabulary: Vocabulary) -> Var:
    known = {symbol: number for number, symbol in enumerate(vocabulary.symbols) if number >= len(SPECIAL)}
    known[""] = PAD
    return ml.label_encoder(symbols, keys_strings=list(known), values_int64s=list(known.values()), default_int64=UNK)


def _lengths(symbols: Var) -> Var:
    is_real = op.not_(op.equal(symbols, string("")))
    return op.reduce_sum(op.cast(is_real, to=np.int64), integers(1), keepdims=0)  # (B,)


def _with_end(values: Var, lengths: Var, *, pad: Var, end: Var) -> Var:
    """One column more, for the end of the longest row: (B, S) -> (B, S + 1)."""
    ends = op.unsqueeze(lengths, integers(1))  # (B, 1)
    padded = op.concat([values, op.expand(pad, op.shape(ends))], axis=1)
    places = op.range(op.const(0), op.squeeze(op.shape(padded, start=1)), op.const(1))
    return op.where(op.equal(places, ends), end, padded)


def _model(inputs: dict[str, Var], outputs: dict[str, Var]) -> onnx.ModelProto:
    model = build(inputs, outputs)
    model.ir_version = IR_VERSION
    return model

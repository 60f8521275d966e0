"""Words to pieces in the graph: each word once, however often it stands in a batch."""

import warnings
from collections.abc import Sequence

import numpy as np
from spox import Var

from s2s_onnx.graph.opset import op
from s2s_onnx.text.merging import merge, pieces_of
from s2s_onnx.text.pieces import NOTHING, OTHER
from s2s_onnx.text.strings import CODE_POINTS, integers, split, string
from s2s_onnx.text.unigrams import most_probable
from s2s_toolkit.errors import UnsupportedError
from s2s_toolkit.segmentation import MARK, Merges, Unigram


def segment(words: Var, segmentation: object) -> Var:
    """Words (B, W), "" after the last -> their pieces (B, S), "" after the last."""
    every = op.concat([op.reshape(words, integers(-1)), op.expand(string(""), integers(1))], axis=0)  # one at least
    distinct, _, occurrences, _ = op.unique(every, sorted=0)
    characters = _characters(distinct)  # (N, C)
    with warnings.catch_warnings():  # that what a Loop carries has no shape in the end; nobody reads it then
        warnings.filterwarnings("ignore", message="Output type for variable")
        numbers, table = _numbers(characters, segmentation)  # (N, C)
    pieces = op.reshape(_strings(numbers, table, characters), integers(-1))  # (N * C,)
    cells = op.reshape(op.range(op.const(0), op.size(numbers), op.const(1)), op.shape(numbers))
    where = op.gather(cells, op.slice(occurrences, integers(0), integers(-1)))  # (B * W, C)
    width = op.mul(op.shape(words, start=1), op.shape(numbers, start=1))
    where = op.reshape(where, op.concat([op.shape(words, end=1), width], axis=0), allowzero=1)  # (B, W * C)
    is_piece = op.greater(op.gather(op.reshape(numbers, integers(-1)), where), op.const(NOTHING))
    nothing = op.sub(op.shape(numbers, start=1), integers(1))  # the last cell of a row is empty
    return op.gather(pieces, _closed_up(where, is_piece, nothing))


def _characters(words: Var) -> Var:
    """Words (N,) -> their characters behind `MARK` (N, C), of which the last column is empty."""
    is_word = op.not_(op.equal(words, string("")))
    marks = op.unsqueeze(op.where(is_word, string(MARK), string("")), integers(1))
    end = op.expand(string(""), op.shape(marks))
    return op.concat([marks, split(words, CODE_POINTS), end], axis=1)


def _numbers(characters: Var, segmentation: object) -> tuple[Var, Sequence[str]]:
    """Numbers of pieces (N, C), and the pieces that have them."""
    match segmentation:
        case Merges():
            return merge(characters, segmentation), pieces_of(segmentation)
        case Unigram():
            return most_probable(characters, segmentation), list(segmentation.scores)
    raise UnsupportedError(
        f"no graph cuts words as {type(segmentation).__name__} does, only as Merges and Unigram of "
        "s2s_toolkit.segmentation; use --input ids"
    )


def _strings(numbers: Var, table: Sequence[str], characters: Var) -> Var:
    """Numbers of pieces -> pieces, both (N, C); a character in no table stands where its piece begins."""
    lengths = op.gather(op.const(np.array([0, 1, *map(len, table)], np.int64)), numbers)
    starts = op.cumsum(lengths, op.const(1), exclusive=1)
    known = op.gather(op.constant(value_strings=["", "", *table]), numbers)  # numpy would drop a NUL from an end
    return op.where(op.equal(numbers, op.const(OTHER)), op.gather_elements(characters, starts, axis=1), known)


def _closed_up(values: Var, is_kept: Var, filler: Var) -> Var:
    """What is kept of each row (B, S), from its beginning, and a filler behind it: (B, the most that a row keeps)."""
    kept = op.cast(is_kept, to=np.int64)
    rows = op.shape(values, end=1)
    most = op.reduce_max(op.concat([integers(0), op.reduce_sum(kept, integers(1), keepdims=0)], axis=0))
    empty = op.expand(filler, op.concat([rows, most], axis=0))
    found = op.transpose(op.non_zero(is_kept), perm=[1, 0])  # (K, 2): row and column of all that is kept
    columns = op.sub(op.cumsum(kept, op.const(1)), op.const(1))  # where it goes
    row = op.slice(found, integers(0), integers(1), integers(1))
    goal = op.concat([row, op.unsqueeze(op.gather_nd(columns, found), integers(1))], axis=1)
    return op.scatter_nd(empty, goal, op.gather_nd(values, found))

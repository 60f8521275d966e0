"""Byte-pair encoding in the graph, as `s2s_toolkit.segmentation.Merges` does it: one merge in every word a round."""

import numpy as np
import spox.opset.ai.onnx.ml.v4 as ml
from spox import Var

from s2s_onnx.graph.opset import op
from s2s_onnx.text.pieces import FIRST, NOTHING, numbered
from s2s_onnx.text.strings import integers
from s2s_toolkit.segmentation import Merges


def pieces_of(merges: Merges) -> list[str]:
    """Every piece that a merge takes or makes."""
    return list(dict.fromkeys(piece for first, second in merges.pairs for piece in (first, second, first + second)))


def merge(characters: Var, merges: Merges) -> Var:
    """Characters (N, C), "" after the last -> numbers of pieces (N, C), `NOTHING` after the last.

    As many rounds as the word with most merges has, however many words there are.
    """
    pieces = pieces_of(merges)
    numbers = {piece: number for number, piece in enumerate(pieces, start=FIRST)}
    first = numbered(characters, pieces)
    if not merges.pairs:
        return first
    count = FIRST + len(pieces)
    ranks = {numbers[a] * count + numbers[b]: rank for rank, (a, b) in enumerate(merges.pairs)}
    results = op.const(np.array([numbers[a + b] for a, b in merges.pairs] + [NOTHING], np.int64))
    never = len(merges.pairs)
    width = op.shape(first, start=1)
    places = op.range(op.const(0), op.squeeze(width), op.const(1))  # (C,)
    column = op.expand(op.const(NOTHING), op.concat([op.shape(first, end=1), integers(1)], axis=0))

    def merge_one(_round: Var, _go: Var, found: Var) -> list[Var]:
        """Merge the pair of least rank, the leftmost of equal ones, of each word that has one."""
        following = op.concat([op.slice(found, integers(1), width, integers(1)), column], axis=1)
        key = op.add(op.mul(found, op.const(count)), following)
        rank = ml.label_encoder(key, keys_int64s=list(ranks), values_int64s=list(ranks.values()), default_int64=never)
        best = op.reduce_min(rank, integers(1))  # (N, 1)
        is_merged = op.less(best, op.const(never))
        place = op.where(is_merged, op.arg_min(rank, axis=1), width)  # of equal ones, the first
        behind = op.where(op.equal(places, place), op.gather(results, best), following)
        least = op.reduce_min(op.reshape(best, integers(-1)), integers(0))  # (1,)
        return [op.less(least, op.const(never)), op.where(op.less(places, place), found, behind)]

    (merged,) = op.loop(cond=op.const([True]), v_initial=[first], body=merge_one)
    return merged

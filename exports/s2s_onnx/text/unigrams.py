"""The most probable pieces in the graph, as `s2s_toolkit.segmentation.Unigram` finds them, of all words at once."""

from collections.abc import Sequence

import numpy as np
import spox.opset.ai.onnx.ml.v4 as ml
from spox import Var

from s2s_onnx.graph.opset import op
from s2s_onnx.text.pieces import FIRST, NOTHING, OTHER, numbered
from s2s_onnx.text.strings import integers
from s2s_toolkit.segmentation import Unigram

DEAD, ROOT = 0, 1
"""Nodes of the tree of pieces: no piece begins so, and nothing read yet."""


def most_probable(characters: Var, unigram: Unigram) -> Var:
    """Characters (N, C), "" after the last -> numbers of pieces (N, C), each at its last character, else `NOTHING`.

    Viterbi's algorithm: as many rounds as the longest word has characters, forward and back.
    """
    pieces = list(unigram.scores)
    ending = _ending_pieces(characters, pieces)  # (C, L, N)
    scores = np.array([-np.inf, unigram.unknown, *unigram.scores.values()])
    chosen, lengths = _forward(ending, op.gather(op.const(scores), ending))  # (C, N)
    return _walked_back(characters, chosen, lengths)


def _ending_pieces(characters: Var, pieces: Sequence[str]) -> Var:
    """The pieces that end at each character, one for each length L, the longest first: (C, L, N)."""
    alphabet = sorted(set("".join(pieces)))
    count, children, ends = FIRST + len(alphabet), *_tree(pieces, alphabet)
    read = numbered(characters, alphabet)
    column = op.expand(op.const(DEAD), op.concat([op.shape(read, end=1), integers(1)], axis=0))

    def read_on(_length: Var, _go: Var, nodes: Var) -> list[Var]:
        """Every node goes on by the character at its place, and is moved to the next."""
        key = op.add(op.mul(nodes, op.const(count)), read)
        found = ml.label_encoder(
            key, keys_int64s=list(children), values_int64s=list(children.values()), default_int64=DEAD
        )
        moved = op.concat([column, op.slice(found, integers(0), integers(-1), integers(1))], axis=1)
        deepest = op.reduce_max(op.reshape(moved, integers(-1)), integers(0))  # (1,)
        return [op.greater(deepest, op.const(DEAD)), moved, op.gather(op.const(ends), found)]

    roots = op.expand(op.const(ROOT), op.shape(read))
    _, ending = op.loop(cond=op.const([True]), v_initial=[roots], body=read_on)  # (L, N, C), the shortest first
    known = op.slice(ending, integers(0), integers(1), integers(0))  # (1, N, C)
    is_other = op.and_(op.equal(known, op.const(NOTHING)), op.greater(read, op.const(NOTHING)))
    single = op.where(is_other, op.const(OTHER), known)
    longer = op.slice(ending, integers(1), integers(np.iinfo(np.int64).max), integers(0))
    return op.transpose(_backwards(op.concat([single, longer], axis=0)), perm=[2, 0, 1])


def _tree(pieces: Sequence[str], alphabet: Sequence[str]) -> tuple[dict[int, int], np.ndarray]:
    """Node and character, as one number -> node; and the number of the piece that ends at each node."""
    characters = {character: number for number, character in enumerate(alphabet, start=FIRST)}
    children: dict[int, int] = {}
    ends = {DEAD: NOTHING, ROOT: NOTHING}
    for number, piece in enumerate(pieces, start=FIRST):
        node = ROOT
        for character in piece:
            key = node * (FIRST + len(alphabet)) + characters[character]
            node = children.setdefault(key, len(children) + ROOT + 1)
            ends.setdefault(node, NOTHING)
        ends[node] = number
    return children, np.array([ends[node] for node in range(len(ends))], np.int64)


def _forward(ending: Var, scores: Var) -> tuple[Var, Var]:
    """The last piece of the best way to each character, and its length: (C, N) each."""
    count, words = op.shape(ending, start=1, end=2), op.shape(ending, start=2)
    none = op.expand(op.const(-np.inf), op.concat([op.sub(count, integers(1)), words], axis=0))
    start = op.concat([none, op.expand(op.const(0.0), op.concat([integers(1), words], axis=0))], axis=0)

    def choose(place: Var, _go: Var, before: Var) -> list[Var]:
        """`before` (L, N) is the score of the best way to where a piece of each length begins."""
        here = op.squeeze(place)
        ways = op.add(before, op.gather(scores, here))  # (L, N)
        best = op.arg_max(ways, axis=0)  # (1, N); of equal ones the first, which is the longest
        piece = op.gather_elements(op.gather(ending, here), best, axis=0)
        rest = op.slice(before, integers(1), integers(np.iinfo(np.int64).max), integers(0))
        before = op.concat([rest, op.reduce_max(ways, integers(0))], axis=0)
        return [op.const([True]), before, op.squeeze(piece, integers(0)), op.squeeze(op.sub(count, best), integers(0))]

    _, chosen, lengths = op.loop(op.squeeze(op.shape(ending, end=1)), op.const([True]), [start], body=choose)
    return chosen, lengths


def _walked_back(characters: Var, chosen: Var, lengths: Var) -> Var:
    """The pieces of the best way to the end of each word, each at its last character: (N, C)."""
    real = op.cast(op.not_(op.equal(characters, op.constant(value_string=""))), to=np.int64)
    last = op.sub(op.reduce_sum(real, integers(1), keepdims=0), op.const(1))  # (N,)
    width = op.squeeze(op.shape(chosen, end=1))

    def step_back(number: Var, _go: Var, end: Var) -> list[Var]:
        place = op.sub(op.sub(width, op.const(1)), op.squeeze(number))
        is_end = op.equal(end, place)
        piece = op.where(is_end, op.gather(chosen, place), op.const(NOTHING))
        end = op.where(is_end, op.sub(end, op.gather(lengths, place)), end)
        return [op.const([True]), end, piece]

    _, pieces = op.loop(width, op.const([True]), [last], body=step_back)
    return op.transpose(_backwards(pieces), perm=[1, 0])


def _backwards(values: Var) -> Var:
    least = np.iinfo(np.int64).min
    return op.slice(values, integers(-1), integers(least), integers(0), integers(-1))

"""Canonical composition in the graph: a starter and what stands behind it become one code point where there is one."""

import warnings

import numpy as np
import spox.opset.ai.onnx.ml.v4 as ml
from spox import Var

from s2s_onnx.graph.opset import op
from s2s_onnx.text.strings import integers, join, string
from s2s_onnx.text.unicode_tables import compositions

NONE_LEFT = -1
"""In the place of a mark's class: between a starter and the code point in question is no mark."""


def compose(points: Var, classes: Var) -> Var:
    """Code points (B, S) in canonical order, "" after the last, and their classes (B, S) -> text (B,).

    From left to right, a code point joins the starter before it, if the two have a composed form and no mark is left
    between them whose class is as high (Unicode Standard, section 3.11, D115 to D117).
    """
    rows = op.shape(points, end=1)
    column = op.concat([rows, integers(1)], axis=0)
    # a starter at the end, behind which nothing can come: it closes the one before
    points = op.concat([points, op.expand(string(""), column)], axis=1)
    classes = op.concat([classes, op.expand(integers(0), column)], axis=1)
    pieces = _in_place(*_closed_starters_and_marks(points, classes))
    return op.reshape(join(pieces), rows)


def _closed_starters_and_marks(points: Var, classes: Var) -> list[Var]:
    """What each step closes, the mark that stays there, and whether a starter begins there: (S, B) each."""
    table = compositions()

    def step(number: Var, _go: Var, starter: Var, left: Var) -> list[Var]:
        """`left` (B,) is the class of the last mark that did not join the starter (B,)."""
        place = op.squeeze(number)
        point, own = op.gather(points, place, axis=1), op.gather(classes, place, axis=1)  # (B,)
        pair = op.string_concat(starter, point)
        composed = ml.label_encoder(
            pair, keys_strings=list(table), values_strings=list(table.values()), default_string=""
        )
        joins = op.and_(op.less(left, own), op.not_(op.equal(composed, string(""))))
        is_starter = op.equal(own, op.const(0))
        begins = op.and_(is_starter, op.not_(joins))
        closed = op.where(begins, starter, string(""))
        mark = op.where(op.or_(joins, is_starter), string(""), point)
        starter = op.where(joins, composed, op.where(begins, point, starter))
        left = op.where(joins, left, op.where(begins, op.const(NONE_LEFT), own))
        return [op.const([True]), starter, left, closed, mark, begins]

    first = [op.expand(value, op.shape(points, end=1)) for value in (string(""), integers(NONE_LEFT))]
    with warnings.catch_warnings():  # that what a Loop carries has no shape in the end; nobody reads it then
        warnings.filterwarnings("ignore", message="Output type for variable")
        _, _, *found = op.loop(op.squeeze(op.shape(points, start=1)), op.const([True]), first, body=step)
    return found


def _in_place(closed: Var, marks: Var, begins: Var) -> Var:
    """Put each starter, which is known when the next one begins, before its own marks: (S, B) each -> (B, 2S)."""
    count = op.mul(op.cumsum(op.cast(begins, to=np.int64), op.const(0)), op.const(2))
    key = op.concat([op.sub(count, op.const(2)), op.add(count, op.const(1))], axis=0)  # (2S, B)
    _, order = op.top_k(key, op.shape(key, end=1), axis=0, largest=0)  # equal keys stay in their order
    pieces = op.gather_elements(op.concat([closed, marks], axis=0), order, axis=0)
    return op.transpose(pieces, perm=[1, 0])

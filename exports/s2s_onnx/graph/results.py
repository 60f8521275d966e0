"""From what each step chose to whole targets, inside the graph; `s2s_toolkit.search` does the same with numpy."""

from dataclasses import dataclass

import numpy as np
from spox import Var

from s2s_onnx.graph.array import OnnxArray
from s2s_onnx.graph.opset import op
from s2s_onnx.graph.parts import Arrays
from s2s_toolkit.arrays import Namespace
from s2s_toolkit.symbols import EOS, PAD


@dataclass(frozen=True)
class Emitted:
    """What the decoding loop emitted at its T steps; B·K rows, S source symbols.

    Attributes:
        ids: The chosen symbols (T, B·K).
        parents: Which row each goes on from (T, B·K).
        log_probs: Of the chosen symbols (T, B·K).
        attention: Of the rows gone on from (T, B·K, S).
        moves: Whether a row may go on from another.
    """

    ids: Var
    parents: Var
    log_probs: Var
    attention: Var
    moves: bool


def trace(xp: Namespace, emitted: Emitted, last_rows: OnnxArray) -> Arrays:
    """Walk back from the rows of the results (B, N) -> the arrays of `Hypotheses` but scores, by name."""
    steps = xp.arange(size_of(emitted.ids, 0)) * size_of(emitted.ids, 1)  # (T,): where each one's rows begin
    rows, parents = _path(xp, emitted, last_rows) if emitted.moves else (last_rows[..., None], last_rows[..., None])
    ids, log_probs = (_taken(xp, var, steps + rows) for var in (emitted.ids, emitted.log_probs))  # (B, N, T)
    attention = OnnxArray(op.gather(op.flatten(emitted.attention, axis=2), (steps + parents).var))  # (B, N, T, S)
    is_end = xp.astype(ids == EOS, xp.int64)
    ends = xp.cumulative_sum(is_end, axis=2)
    inside, real = ends == 0, ends == is_end  # real counts the first EOS
    return {
        "ids": xp.where(inside, ids, PAD),
        "lengths": xp.sum(inside, axis=2),
        "token_log_probs": xp.where(real, log_probs, 0.0),
        "attention": xp.where(xp.expand_dims(real, axis=3), attention, 0.0),
        "alignment": xp.where(real, xp.argmax(attention, axis=-1), -1),
    }


def size_of(var: Var, axis: int) -> OnnxArray:
    """The size of an axis, a scalar."""
    return OnnxArray(op.squeeze(op.shape(var, start=axis, end=axis + 1), op.const([0])))


def _path(xp: Namespace, emitted: Emitted, last_rows: OnnxArray) -> tuple[OnnxArray, OnnxArray]:
    """The row of each result after each step and before it, both (B, N, T)."""
    last_step = size_of(emitted.parents, 0) - 1

    def back(number: Var, _: Var, rows: Var) -> list[Var]:
        step = last_step - xp.reshape(OnnxArray(number), ())
        parents = op.gather(op.gather(emitted.parents, step.var), rows)
        return [op.const([True]), parents, rows, parents]

    _, *backwards = op.loop((last_step + 1).var, op.const([True]), [last_rows.var], body=back)
    ranked = [OnnxArray(op.reshape(var, op.const([0, 0, 0]))) for var in backwards]  # (T, B, N), ranks known again
    rows, parents = (xp.permute_dims(array, (1, 2, 0))[..., ::-1] for array in ranked)
    return rows, parents


def _taken(xp: Namespace, var: Var, places: OnnxArray) -> OnnxArray:
    """Elements of (T, B·K) by their place in all of it."""
    return xp.take(OnnxArray(op.reshape(var, op.const(np.array([-1])))), places, axis=0)

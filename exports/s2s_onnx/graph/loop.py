"""The decoding loop of `s2s_toolkit.search` as one ONNX `Loop`, in which a source that is done costs nothing more.

What the loop carries, and what it emits at each step, has a place for every source and keeps its shape, else
onnxruntime warns at every step. A step reads the places of the sources that are not done, and writes them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from spox import Var

from s2s_onnx.graph.array import OnnxArray
from s2s_onnx.graph.namespace import OnnxNamespace
from s2s_onnx.graph.opset import op
from s2s_onnx.graph.parts import Arrays, PartGraphs
from s2s_onnx.graph.results import Emitted, size_of, trace
from s2s_toolkit.arrays import Namespace
from s2s_toolkit.strategies.constraints import ConstrainedStrategy
from s2s_toolkit.strategies.contract import DecodingStrategy, Step
from s2s_toolkit.symbols import BOS, EOS


@dataclass(frozen=True)
class Outside:
    """What the loop's body reads from outside of it.

    Attributes:
        memory: What attention reads, a row for each source.
        rows: The numbers of all rows (B, K).
        first_rows: The first of each source's (B, 1).
        constrained: The strategy under this call's settings and prefixes.
        carried: Names of what it carries.
        idle: What the rows of sources that are done emit: EOS, themselves as parents, 0, and no attention.
    """

    memory: dict[str, Var]
    rows: Var
    first_rows: OnnxArray
    constrained: ConstrainedStrategy
    carried: tuple[str, ...]
    idle: tuple[Var, ...]


class DecodingLoop:
    """A strategy over the decoder's step.

    Args:
        parts: Encoder and step.
        strategy: What chooses.
        settings: Its settings and `LENGTHS`, graph values.
        weights: What encoder and step read, graph values.
    """

    def __init__(
        self, parts: PartGraphs, strategy: DecodingStrategy, settings: Arrays, weights: Mapping[str, Var]
    ) -> None:
        self.xp: Namespace = OnnxNamespace()
        self.parts, self.strategy, self.settings, self.weights = parts, strategy, settings, weights

    def search(self, source_ids: OnnxArray, source_lengths: OnnxArray, prefix_ids: OnnxArray) -> Arrays:
        """Source ids (B, S), lengths (B,), prefix ids (B, P) or (1, P) -> the arrays of `Hypotheses`, by name."""
        xp, copies = self.xp, self.strategy.rows
        encoded = self.parts.encoder(self.weights, source_ids=source_ids.var, source_lengths=source_lengths.var)
        sources = xp.arange(size_of(source_ids.var, 0))  # (B,)
        rows = xp.arange(size_of(source_ids.var, 0) * copies)  # (B·K,)
        state = [encoded[name] for name in self.parts.state]
        if copies > 1:
            state = [op.gather(var, (rows // copies).var) for var in state]
        constrained = ConstrainedStrategy(xp, self.strategy, self.settings, prefix_ids + source_ids[:, :1] * 0)
        carried = constrained.start(source_ids)
        memory = {name: encoded[name] for name in self.parts.memory}
        unseen = xp.astype(xp.take(source_ids, rows // copies, axis=0) * 0, xp.float32)  # (B·K, S)
        idle = (xp.full_like(rows, EOS).var, rows.var, xp.astype(rows * 0, xp.float32).var, unseen.var)
        by_source, first_rows = op.reshape(rows.var, op.const([-1, copies])), sources[:, None] * copies
        outside = Outside(memory, by_source, first_rows, constrained, tuple(carried), idle)
        first = [(sources >= 0).var, xp.full_like(rows, BOS).var, *(array.var for array in carried.values())]
        _, _, *last, ids, parents, log_probs, attention = op.loop(
            self.settings["max_length"].var,
            op.const([True]),
            [*first, *state],
            body=lambda *values: self._step(values, outside),
        )
        final = {name: _sized(var, carried[name]) for name, var in zip(carried, last, strict=False)}
        chosen, scores = constrained.finish(final)  # (B, N)
        emitted = Emitted(ids, parents, log_probs, attention, moves=copies > 1)
        return {**trace(xp, emitted, first_rows + chosen), "scores": scores}

    def _step(self, values: tuple[Var, ...], outside: Outside) -> list[Var]:
        """Number, condition, who goes on (B,), previous ids, search, state -> the same but number, and what is emitted.

        Only the L sources that go on have a step.
        """
        xp, copies, size = self.xp, self.strategy.rows, self.parts.vocabulary_size
        number, _, going, previous, *rest = values
        carried = dict(zip(outside.carried, rest, strict=False))
        state = dict(zip(self.parts.state, rest[len(carried) :], strict=True))
        live = op.reshape(op.non_zero(going), op.const([-1]))  # (L,)
        rows = op.reshape(op.gather(outside.rows, live), op.const([-1]))  # (L·K,)
        out = self.parts.step(
            self.weights,
            previous_ids=op.gather(previous, rows),
            **{name: op.gather(var, live) for name, var in outside.memory.items()},
            **{name: op.gather(var, rows) for name, var in state.items()},
        )
        log_probs = xp.log_softmax(xp.reshape(OnnxArray(out["logits"]), (-1, copies, size)))
        attention = op.reshape(op.unsqueeze(out["attention"], op.const([0])), op.const([-1, copies, 0]))  # (L, K, S)
        step = Step(xp.reshape(OnnxArray(number), ()), log_probs, OnnxArray(attention))
        search = {name: OnnxArray(op.gather(var, live)) for name, var in carried.items()}
        advance = outside.constrained.advance(step, search, OnnxArray(live))
        ids = xp.reshape(advance.ids, (-1,))
        first_rows = OnnxArray(op.slice(outside.first_rows.var, op.const([0]), op.shape(live)))  # (L, 1)
        parents = xp.reshape(first_rows + advance.parents, (-1,))  # among the L·K rows
        chosen_log_probs = xp.take(xp.reshape(log_probs, (-1,)), parents * size + ids, axis=0)
        new_state = {name: out[f"next_{name}"] for name in state}
        if copies > 1:  # a single row stays where it is
            new_state = {name: op.gather(var, parents.var) for name, var in new_state.items()}
        sources, places = op.unsqueeze(live, op.const([1])), op.unsqueeze(rows, op.const([1]))
        goes_on = op.not_(outside.constrained.done(advance.search).var)
        still_going = op.scatter_nd(going, sources, goes_on)
        chosen = (ids.var, op.gather(rows, parents.var), chosen_log_probs.var, out["attention"])
        emitted = [op.scatter_nd(idle, places, var) for idle, var in zip(outside.idle, chosen, strict=True)]
        return [
            op.reduce_max(goes_on, keepdims=1),  # (1,)
            still_going,
            emitted[0],
            *(op.scatter_nd(var, sources, advance.search[name].var) for name, var in carried.items()),
            *(op.scatter_nd(var, places, new_state[name]) for name, var in state.items()),
            *emitted,
        ]


def _sized(var: Var, like: OnnxArray) -> OnnxArray:
    """What the loop carried, with the sizes of its first value; a zero stands for the size that is there."""
    return OnnxArray(op.reshape(var, op.const(np.array([size or 0 for size in like.shape], np.int64))))

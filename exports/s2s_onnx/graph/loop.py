"""The decoding loop of `s2s_toolkit.search` as one ONNX `Loop`.

What it carries keeps its shape, else onnxruntime warns at every step; what each step chooses becomes a scan output.
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
from s2s_toolkit.symbols import BOS


@dataclass(frozen=True)
class Outside:
    """What the loop's body reads from outside of it.

    Attributes:
        memory: What attention reads, a row for each source.
        first_rows: The first of each source's K rows (B, 1).
        constrained: The strategy under this call's settings and prefixes.
        carried: Names of what it carries.
    """

    memory: dict[str, Var]
    first_rows: OnnxArray
    constrained: ConstrainedStrategy
    carried: tuple[str, ...]


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
        """Source ids (B, S), lengths (B,), prefix ids (B, P) -> the arrays of `Hypotheses`, by name."""
        xp, copies = self.xp, self.strategy.rows
        encoded = self.parts.encoder(self.weights, source_ids=source_ids.var, source_lengths=source_lengths.var)
        sources = xp.arange(size_of(source_ids.var, 0))  # (B,)
        rows = xp.arange(size_of(source_ids.var, 0) * copies)  # (B·K,)
        state = [encoded[name] for name in self.parts.state]
        if copies > 1:
            state = [op.gather(var, (rows // copies).var) for var in state]
        constrained = ConstrainedStrategy(xp, self.strategy, self.settings, prefix_ids)
        carried = constrained.start(source_ids)
        memory = {name: encoded[name] for name in self.parts.memory}
        outside = Outside(memory, sources[:, None] * copies, constrained, tuple(carried))
        first = [xp.full_like(rows, BOS).var, *(array.var for array in carried.values())]
        *last, ids, parents, log_probs, attention = op.loop(
            self.settings["max_length"].var,
            op.const([True]),
            [*first, *state],
            body=lambda *values: self._step(values, outside),
        )
        final = {name: _sized(var, carried[name]) for name, var in zip(carried, last[1:], strict=False)}
        chosen, scores = constrained.finish(final)  # (B, N)
        emitted = Emitted(ids, parents, log_probs, attention, moves=copies > 1)
        return {**trace(xp, emitted, outside.first_rows + chosen), "scores": scores}

    def _step(self, values: tuple[Var, ...], outside: Outside) -> list[Var]:
        """Number, condition, previous ids, search, state -> condition, ids, search, state, and what is emitted."""
        xp, copies, size = self.xp, self.strategy.rows, self.parts.vocabulary_size
        number, _, previous, *rest = values
        search = {name: OnnxArray(var) for name, var in zip(outside.carried, rest, strict=False)}
        state = dict(zip(self.parts.state, rest[len(search) :], strict=True))
        out = self.parts.step(self.weights, previous_ids=previous, **outside.memory, **state)
        log_probs = xp.log_softmax(xp.reshape(OnnxArray(out["logits"]), (-1, copies, size)))
        attention = op.reshape(op.unsqueeze(out["attention"], op.const([0])), op.const([-1, copies, 0]))  # (B, K, S)
        step = Step(xp.reshape(OnnxArray(number), ()), log_probs, OnnxArray(attention))
        advance = outside.constrained.advance(step, search)
        ids, rows = (xp.reshape(array, (-1,)) for array in (advance.ids, outside.first_rows + advance.parents))
        chosen_log_probs = xp.take(xp.reshape(log_probs, (-1,)), rows * size + ids, axis=0)
        done = outside.constrained.done(advance.search)
        go_on = xp.logical_not(xp.all(done, keepdims=True))  # (1,)
        new_state = [out[f"next_{name}"] for name in self.parts.state]
        if copies > 1:  # a single row stays where it is
            new_state = [op.gather(var, rows.var) for var in new_state]
        carried = [go_on, ids, *(advance.search[name] for name in outside.carried)]
        emitted = [ids.var, rows.var, chosen_log_probs.var, out["attention"]]
        return [*(array.var for array in carried), *new_state, *emitted]


def _sized(var: Var, like: OnnxArray) -> OnnxArray:
    """What the loop carried, with the sizes of its first value; a zero stands for the size that is there."""
    return OnnxArray(op.reshape(var, op.const(np.array([size or 0 for size in like.shape], np.int64))))

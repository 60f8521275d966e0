"""The whole graph: read the text, encode, loop over step and strategy, walk back, write the text.

The loop is that of `s2s_toolkit.search`. What it carries keeps its shape; what each step emits becomes a scan output.
"""

from collections.abc import Mapping

import numpy as np
import onnx
import spox.opset.ai.onnx.v21 as op
from onnx import helper, numpy_helper
from spox import Tensor, Var, argument, build, inline

from s2s_onnx.namespace import OnnxArray, OnnxNamespace
from s2s_onnx.opset import IR_VERSION
from s2s_onnx.parts import PartGraphs
from s2s_onnx.text import reading_graph, writing_graph
from s2s_toolkit.search import allowed_log_probs, typed_settings
from s2s_toolkit.strategies.contract import DecodingStrategy
from s2s_toolkit.symbols import BOS, EOS, PAD
from s2s_toolkit.text import TextSide

Arrays = dict[str, OnnxArray]

OUTPUTS = {
    "text": ("B", "N"),
    "symbols": ("B", "N", "T"),
    "ids": ("B", "N", "T"),
    "lengths": ("B", "N"),
    "scores": ("B", "N"),
    "token_log_probs": ("B", "N", "T"),
    "attention": ("B", "N", "T", "S"),
    "source_symbols": ("B", "S"),
}
"""Name -> axes: B sources, N results for each, T steps, S source symbols."""


def assemble(
    parts: PartGraphs, strategy: DecodingStrategy, source: TextSide, target: TextSide, settings: Mapping[str, int | float]
) -> onnx.ModelProto:
    """One graph, text in and text out; the strategy's settings and `max_length` are inputs with defaults.

    Inputs: source (B,), and each setting, a scalar. The outputs are those of `OUTPUTS`.
    """
    defaults = typed_settings(strategy, settings)
    inputs = {"source": argument(Tensor(np.str_, ("B",)))}
    inputs |= {name: argument(Tensor(default.dtype, ())) for name, default in defaults.items()}
    read = inline(reading_graph(source))(source=inputs["source"])
    loop = DecodingLoop(parts, strategy, {name: OnnxArray(inputs[name]) for name in defaults})
    found = loop.search(OnnxArray(read["source_ids"]), OnnxArray(read["source_lengths"]))
    written = inline(writing_graph(target))(ids=found["ids"].var, lengths=found["lengths"].var)
    values = {**read, **written, **{name: array.var for name, array in found.items()}}
    return _finished(build(inputs, {name: values[name] for name in OUTPUTS}), defaults)


class DecodingLoop:
    """A strategy over the decoder's step, as one ONNX `Loop`.

    Args:
        parts: Encoder and step.
        strategy: What chooses.
        settings: Its settings and `max_length`, graph values.
    """

    def __init__(self, parts: PartGraphs, strategy: DecodingStrategy, settings: Arrays) -> None:
        self.xp, self.parts, self.strategy, self.settings = OnnxNamespace(), parts, strategy, settings
        self.copies, self.num_results = strategy.rows, strategy.num_results

    def search(self, source_ids: OnnxArray, source_lengths: OnnxArray) -> Arrays:
        """Source ids (B, S), lengths (B,) -> ids, lengths, scores, token_log_probs, attention, as `Hypotheses`."""
        encoded = inline(self.parts.encoder)(source_ids=source_ids.var, source_lengths=source_lengths.var)
        memory = {name: self._copied(encoded[name]) for name in self.parts.memory}
        state = {name: self._copied(encoded[name]) for name in self.parts.state}
        carried = self.strategy.start(self.xp, source_ids)
        sources = op.gather(op.shape(source_ids.var), op.const(0))  # B, a scalar
        first_rows = OnnxArray(op.range(op.const(0), sources, op.const(1)))[:, None] * self.copies  # (B, 1)
        rows = op.reshape(op.mul(sources, op.const(self.copies)), op.const([1]))
        previous = op.expand(op.const(BOS), rows)
        results = op.loop(
            self.settings["max_length"].var,
            op.const([True]),
            [previous, *(array.var for array in carried.values()), *state.values()],
            body=lambda *values: self._body(values, list(carried), memory, first_rows),
        )
        final = {name: self._typed(var, carried[name]) for name, var in zip(carried, results[1:], strict=False)}
        ids, parents, log_probs, attention = results[-4:]
        chosen, scores = self.strategy.finish(self.xp, final, self.settings)
        last_rows = self.xp.reshape(first_rows + chosen, (-1,))
        return self._traced(ids, parents, log_probs, attention, last_rows) | {"scores": scores}

    def _body(self, values: tuple[Var, ...], carried_names: list[str], memory: dict[str, Var], first_rows: OnnxArray) -> list[Var]:
        """One step: iteration, condition, previous ids, search, state -> condition, the same, and what is emitted."""
        _, _, previous, *rest = values
        search = {name: OnnxArray(var) for name, var in zip(carried_names, rest, strict=False)}
        state = dict(zip(self.parts.state, rest[len(carried_names) :], strict=True))
        out = inline(self.parts.step)(previous_ids=previous, **memory, **state)
        size = self.parts.vocabulary_size
        log_probs = allowed_log_probs(self.xp, self.xp.reshape(OnnxArray(out["logits"]), (-1, self.copies, size)))
        advance = self.strategy.advance(self.xp, log_probs, search, self.settings)
        rows = self.xp.reshape(first_rows + advance.parents, (-1,))
        ids = self.xp.reshape(advance.ids, (-1,))
        token_log_probs = self.xp.take(self.xp.reshape(log_probs, (-1,)), rows * size + ids, axis=0)
        done = self.strategy.done(self.xp, advance.search, self.settings)
        go_on = op.reshape(op.not_(self.xp.all(done).var), op.const([1]))
        new_state = [self._selected(out[f"next_{name}"], rows) for name in self.parts.state]
        emitted = [ids.var, rows.var, token_log_probs.var, out["attention"]]
        return [go_on, ids.var, *(advance.search[name].var for name in carried_names), *new_state, *emitted]

    def _traced(self, ids: Var, parents: Var, log_probs: Var, attention: Var, rows: OnnxArray) -> Arrays:
        """Walk back from the rows of the results (B·N,) to their first symbols; the steps' arrays are (T, B·K, …)."""
        if self.copies > 1:
            steps = op.gather(op.shape(ids), op.const(0))

            def back(index: Var, condition: Var, current: Var) -> list[Var]:
                step = op.sub(op.sub(steps, op.const(1)), op.reshape(index, op.const(np.zeros(0, np.int64))))
                at = [op.gather(array, step) for array in (ids, log_probs, parents, attention)]
                parent = op.gather(at[2], current)
                picked = [op.gather(at[0], current), op.gather(at[1], current), op.gather(at[3], parent)]
                return [op.const([True]), parent, *picked]

            _, *backwards = op.loop(steps, op.const([True]), [rows.var], body=back)
            ids, log_probs, attention = (self._reversed(var) for var in backwards)
        return self._results(ids, log_probs, attention)

    def _results(self, ids: Var, log_probs: Var, attention: Var) -> Arrays:
        """(T, B·N, …) -> (B, N, T, …), and nothing after the end of a target."""
        xp, count = self.xp, self.num_results
        ids, log_probs = self._rows(ids), self._rows(log_probs)
        over_source = op.transpose(self._ranked(attention, 3), perm=(1, 0, 2))  # (B·N, T, S)
        shape = op.concat([op.const([-1, count]), op.slice(op.shape(over_source), op.const([1]), op.const([3]))], axis=0)
        over_source = OnnxArray(op.reshape(over_source, shape))  # (B, N, T, S)
        ended = xp.cumulative_sum(xp.astype(ids == EOS, xp.int64), axis=2)  # (B, N, T)
        ends_before = ended - xp.astype(ids == EOS, xp.int64)
        inside, real = ended == 0, ends_before == 0  # real counts the EOS
        return {
            "ids": xp.where(inside, ids, PAD),
            "lengths": xp.sum(xp.astype(inside, xp.int64), axis=2),
            "token_log_probs": xp.where(real, log_probs, 0.0),
            "attention": xp.where(xp.expand_dims(real, axis=3), over_source, 0.0),
        }

    def _rows(self, var: Var) -> OnnxArray:
        """(T, B·N) -> (B, N, T)."""
        turned = op.transpose(self._ranked(var, 2), perm=(1, 0))
        shape = op.concat([op.const([-1, self.num_results]), op.slice(op.shape(turned), op.const([1]), op.const([2]))], axis=0)
        return OnnxArray(op.reshape(turned, shape))

    def _ranked(self, var: Var, rank: int) -> Var:
        """The same values with their rank known again, which a Loop's outputs lose; zeros keep the sizes."""
        return op.reshape(var, op.const(np.zeros(rank, np.int64)))

    def _reversed(self, var: Var) -> Var:
        """Along the first axis."""
        start, stop, axis, step = (op.const(np.asarray([n], np.int64)) for n in (-1, np.iinfo(np.int64).min, 0, -1))
        return op.slice(var, start, stop, axis, step)

    def _typed(self, var: Var, like: OnnxArray) -> OnnxArray:
        """A Loop's output with the sizes that its first value had."""
        sizes = [size if size is not None else 0 for size in like.shape]
        return OnnxArray(op.reshape(var, op.const(np.asarray(sizes, np.int64))))

    def _copied(self, var: Var) -> Var:
        """Each row K times, side by side: (B, …) -> (B·K, …)."""
        if self.copies == 1:
            return var
        shape = op.shape(var)
        rest = op.slice(shape, op.const([1]), op.const([np.iinfo(np.int64).max]))
        wide = op.concat([op.slice(shape, op.const([0]), op.const([1])), op.const([self.copies]), rest], axis=0)
        return op.reshape(op.expand(op.unsqueeze(var, op.const([1])), wide), op.concat([op.const([-1]), rest], axis=0))

    def _selected(self, var: Var, rows: OnnxArray) -> Var:
        """The rows that the search goes on with; one row for each source stays where it is."""
        return var if self.copies == 1 else op.gather(var, rows.var)


def _finished(model: onnx.ModelProto, defaults: Mapping[str, np.ndarray]) -> onnx.ModelProto:
    """Name the axes of the outputs; an initializer with an input's name is its default."""
    for output in model.graph.output:
        kind = output.type.tensor_type.elem_type
        output.CopyFrom(helper.make_tensor_value_info(output.name, kind, OUTPUTS[output.name]))
    for name, default in defaults.items():
        model.graph.initializer.append(numpy_helper.from_array(default, name))
    model.ir_version = IR_VERSION
    return model

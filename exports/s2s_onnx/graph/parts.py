"""A model's two part graphs: the encoder, which runs once per source, and the decoder's step.

Weights are inputs of both, by their names in `docs/weights.md`: what a graph holds is put into it at the very end, in
the precision asked for (`s2s_onnx.storage.store`), and each weight once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import onnx
from spox import Tensor, Var, argument, build, inline

from s2s_onnx.graph.array import OnnxArray
from s2s_onnx.graph.axes import name_axes
from s2s_onnx.graph.graphs import replace_inputs
from s2s_onnx.graph.namespace import OnnxNamespace
from s2s_onnx.graph.opset import op
from s2s_onnx.native.choice import GRAPH, graph_parts
from s2s_toolkit.arrays import Array
from s2s_toolkit.errors import UnsupportedError
from s2s_toolkit.model import ModelPlan, Parts
from s2s_toolkit.parts.attention import Attend, Memory, attend
from s2s_toolkit.reference import PortableModel
from s2s_toolkit.registry import Registry
from s2s_toolkit.strategies.contract import NEVER
from s2s_toolkit.symbols import BOS, PAD
from s2s_toolkit.weights import under

ENCODED, MEMORY = "memory", ("values", "keys", "mask")
"""Names in the graphs of the encoder's outputs, and of the arrays of a `Memory`."""
NAMED = {ENCODED, "logits"}
"""What keeps its name in an exported file."""
OUTPUT_BIAS = "output.bias"

Arrays = dict[str, OnnxArray]
Axes = tuple[str | int | None, ...]


@dataclass(frozen=True)
class PartGraph:
    """A model some of whose inputs are weights.

    Attributes:
        model: The graph.
        weights: Names of those inputs.
    """

    model: onnx.ModelProto
    weights: tuple[str, ...]

    def __call__(self, weights: Mapping[str, Var], **inputs: Var) -> dict[str, Var]:
        """Inline the graph into the one that is being made, where `weights` are values by name.

        Memory and logits keep their names: by them an exported file can be looked into.
        """
        outputs = self.inlined(weights, **inputs)
        for name in NAMED & outputs.keys():
            outputs[name]._rename(name)  # spox has no other way to name what is no input and no output
        return outputs

    def inlined(self, weights: Mapping[str, Var], **inputs: Var) -> dict[str, Var]:
        """As calling it, but without names, of which a graph can have each only once."""
        return dict(inline(self.model)(**inputs, **{name: weights[name] for name in self.weights}))


@dataclass(frozen=True)
class PartGraphs:
    """Two graphs that agree on the names of what goes from one to the other.

    Attributes:
        encoder: source_ids (B, S), source_lengths (B,) -> the encoder's outputs, what attention reads, the first state.
        step: previous_ids (B·K,), what attention reads, the state -> logits (B·K, V), attention (B·K, S), and the state
            as "next_<name>". The logits of PAD and BOS are `NEVER`: they never stand in a target.
        weights: What both read, by name.
        memory: Names of what attention reads, the same at each step.
        state: Names of the state's arrays.
        vocabulary_size: V.
    """

    encoder: PartGraph
    step: PartGraph
    weights: Mapping[str, np.ndarray]
    memory: tuple[str, ...]
    state: tuple[str, ...]
    vocabulary_size: int


def part_graphs(
    plan: ModelPlan,
    weights: Mapping[str, np.ndarray],
    registry: Registry,
    framework: str = GRAPH,
    *,
    copies: int = 1,
) -> PartGraphs:
    """Trace the portable model twice.

    Args:
        plan: What the model is.
        weights: Its weights.
        registry: Where parts are found: the graph's own, or portable ones, or those of the framework.
        framework: What trained the model.
        copies: K, rows of the step for each source.
    """
    weights = {**weights, OUTPUT_BIAS: _allowed(weights[OUTPUT_BIAS])}
    inputs = {name: argument(Tensor(np.float32, array.shape)) for name, array in weights.items()}
    arrays = {name: OnnxArray(var) for name, var in inputs.items()}
    model = GraphModel(graph_parts(plan.config, registry, framework, weights), arrays, copies)
    encoder, memory, state = _traced_encoder(model, inputs)
    step = _traced_step(model, memory, state, inputs)
    used = {name: weights[name] for name in weights if name in {*encoder.weights, *step.weights}}
    return PartGraphs(encoder, step, used, tuple(memory), tuple(state), plan.target_size)


class GraphModel(PortableModel):
    """The portable model, whose decoder may say what attention averages (`s2s_onnx.graph.decoders`).

    Args:
        parts: Encoder, scorer, decoder.
        weights: Graph values by name.
        copies: K, rows that a step has for each row of what attention reads: a source's targets look it up together.
    """

    def __init__(self, parts: Parts, weights: Arrays, copies: int) -> None:
        super().__init__(OnnxNamespace(), parts, weights)
        self.copies = copies

    def remember(self, encoded: Array, mask: Array) -> Memory:
        """Encoder outputs (B, S, M), mask (B, S) -> what attention reads."""
        memory = super().remember(encoded, mask)
        if not callable(getattr(self.parts.decoder, "values", None)):
            return memory
        return replace(memory, values=self.parts.decoder.values(self.xp, under(self.weights, "decoder"), encoded))

    def attend(self, memory: Memory) -> Attend:
        """How queries (B·K, Q) look up a memory of B rows."""
        xp, weights = self.xp, under(self.weights, "attention")

        def look_up(query: Array) -> tuple[Array, Array]:
            last = op.unsqueeze(query.var, op.const([0]))  # a zero below stands for its last size, known or not
            queries = OnnxArray(op.reshape(last, op.const([-1, self.copies, 0])))  # (B, K, Q)
            context, attention = attend(xp, self.parts.scorer.score(xp, weights, queries, memory.keys), memory)
            flat = (OnnxArray(op.flatten(array.var, axis=2)) for array in (context, attention))  # (B·K, …)
            return next(flat), next(flat)

        return look_up


def _traced_encoder(model: GraphModel, weights: dict[str, Var]) -> tuple[PartGraph, Arrays, Arrays]:
    """The encoder's graph, and what attention reads and the first state in it."""
    source = {
        "source_ids": argument(Tensor(np.int64, ("B", "S"))),
        "source_lengths": argument(Tensor(np.int64, ("B",))),
    }
    ids, lengths = (OnnxArray(var) for var in source.values())
    encoded, summary = model.encode(ids, lengths)
    found = model.remember(encoded, model.mask(ids, lengths))
    memory = dict(zip(MEMORY, (found.values, found.keys, found.mask), strict=True))
    state = model.begin(summary)
    outputs = {ENCODED: encoded} | memory | state
    return part_graph(source, weights, outputs, _axes({ENCODED: encoded} | memory, state)), memory, state


def _traced_step(model: GraphModel, memory: Arrays, state: Arrays, weights: dict[str, Var]) -> PartGraph:
    """The step's graph; its inputs are like the arrays that the encoder gives, the state with K rows for each."""
    rows = "B" if model.copies == 1 else "R"
    inputs = {"previous_ids": argument(Tensor(np.int64, (rows,)))}
    axes = _axes(memory, state, rows)
    inputs |= {name: argument(Tensor(array.dtype, axes[name])) for name, array in (memory | state).items()}
    given = {name: OnnxArray(var) for name, var in inputs.items()}
    logits, attention, new = model.step(
        given["previous_ids"], Memory(*(given[name] for name in memory)), {name: given[name] for name in state}
    )
    outputs = {"logits": logits, "attention": attention} | {f"next_{name}": array for name, array in new.items()}
    axes |= {"logits": (rows, logits.shape[1]), "attention": (rows, "S")}
    axes |= {f"next_{name}": axes[name] for name in state}
    return part_graph(inputs, weights, outputs, axes)


def part_graph(inputs: dict[str, Var], weights: dict[str, Var], outputs: Arrays, axes: dict[str, Axes]) -> PartGraph:
    """The graph from inputs and those weights that it reads to outputs."""
    model = build(inputs | weights, {name: array.var for name, array in outputs.items()}, drop_unused_inputs=True)
    read = {value.name: value for value in model.graph.input}
    if unread := sorted(inputs.keys() - read):
        raise UnsupportedError(f"the model's graph does not read {unread[0]!r}")
    ordered = [read[name] for name in inputs | weights if name in read]  # spox leaves the order to chance
    replace_inputs(model.graph, ordered)
    return PartGraph(name_axes(model, axes), tuple(name for name in weights if name in read))


def _allowed(bias: np.ndarray) -> np.ndarray:
    """The output bias that rules PAD and BOS out, as `s2s_toolkit.search` does with a pass over all logits."""
    return np.where(np.isin(np.arange(len(bias)), (PAD, BOS)), np.float32(NEVER), bias)


def _axes(memory: Arrays, state: Arrays, rows: str = "B") -> dict[str, Axes]:
    """The axes of what goes from one graph to the other: rows first, in the memory then positions if they are open."""
    over_source: dict[str, Axes] = {
        name: ("B", array.shape[1] or "S", *array.shape[2:]) for name, array in memory.items()
    }
    return over_source | {name: (rows, *array.shape[1:]) for name, array in state.items()}

"""A model's two part graphs: the encoder, which runs once per source, and the decoder's step."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import onnx
from spox import Tensor, Var, argument, build

from s2s_onnx.array import OnnxArray
from s2s_onnx.axes import name_axes
from s2s_onnx.namespace import OnnxNamespace
from s2s_toolkit.model import ModelPlan, build_parts
from s2s_toolkit.parts.attention import Memory
from s2s_toolkit.reference import PortableModel
from s2s_toolkit.registry import Registry
from s2s_toolkit.strategies.contract import NEVER
from s2s_toolkit.symbols import BOS, PAD

GRAPH = "onnx"
"""The framework that parts of a graph are made for; portable parts serve as well."""
MEMORY = ("memory", "keys", "mask")
"""Names of the arrays of a `Memory` in the graphs."""
OUTPUT_BIAS = "output.bias"

Arrays = dict[str, OnnxArray]
Axes = tuple[str | int | None, ...]


@dataclass(frozen=True)
class PartGraphs:
    """Two models that agree on the names of what goes from one to the other.

    Attributes:
        encoder: source_ids (B, S), source_lengths (B,) -> the memory and the first state.
        step: previous_ids (B,), the memory and the state -> logits (B, V), attention (B, S), and the state as
            "next_<name>". The logits of PAD and BOS are `NEVER`: they never stand in a target.
        memory: Names of the memory's arrays: what attention reads, the same at each step.
        state: Names of the state's arrays.
        vocabulary_size: V.
    """

    encoder: onnx.ModelProto
    step: onnx.ModelProto
    memory: tuple[str, ...]
    state: tuple[str, ...]
    vocabulary_size: int


def part_graphs(plan: ModelPlan, weights: Mapping[str, np.ndarray], registry: Registry) -> PartGraphs:
    """Trace the portable model twice, with the graph's own parts where there are some."""
    xp = OnnxNamespace()
    weights = {**weights, OUTPUT_BIAS: _allowed(weights[OUTPUT_BIAS])}
    constants = {name: _constant(xp, name, array) for name, array in weights.items()}
    model = PortableModel(xp, build_parts(plan.config, registry, GRAPH), constants)
    encoder, memory, state = _traced_encoder(model)
    return PartGraphs(encoder, _traced_step(model, memory, state), tuple(memory), tuple(state), plan.target_size)


def _traced_encoder(model: PortableModel) -> tuple[onnx.ModelProto, Arrays, Arrays]:
    """The encoder's graph, and the arrays of the memory and of the first state in it."""
    source = {
        "source_ids": argument(Tensor(np.int64, ("B", "S"))),
        "source_lengths": argument(Tensor(np.int64, ("B",))),
    }
    found, state = model.start(*(OnnxArray(var) for var in source.values()))
    memory = dict(zip(MEMORY, (found.values, found.keys, found.mask), strict=True))
    axes = _axes(memory, state)
    return name_axes(build(source, _vars(memory | state)), axes), memory, state


def _traced_step(model: PortableModel, memory: Arrays, state: Arrays) -> onnx.ModelProto:
    """The step's graph; its inputs are like the arrays that the encoder gives."""
    inputs = {"previous_ids": argument(Tensor(np.int64, ("B",)))}
    axes = _axes(memory, state)
    inputs |= {name: argument(Tensor(array.dtype, axes[name])) for name, array in (memory | state).items()}
    given = {name: OnnxArray(var) for name, var in inputs.items()}
    logits, attention, new = model.step(
        given["previous_ids"], Memory(*(given[name] for name in memory)), {name: given[name] for name in state}
    )
    outputs = {"logits": logits, "attention": attention} | {f"next_{name}": array for name, array in new.items()}
    axes |= {"logits": ("B", logits.shape[1]), "attention": ("B", "S")} | {f"next_{name}": axes[name] for name in state}
    return name_axes(build(inputs, _vars(outputs)), axes)


def _allowed(bias: np.ndarray) -> np.ndarray:
    """The output bias that rules PAD and BOS out, as `s2s_toolkit.search` does with a pass over all logits."""
    return np.where(np.isin(np.arange(len(bias)), (PAD, BOS)), np.float32(NEVER), bias)


def _constant(xp: OnnxNamespace, name: str, array: np.ndarray) -> OnnxArray | np.ndarray:
    """The encoder's weights stay numpy arrays: its operators want them stacked, which is done before the graph."""
    return array if name.startswith("encoder.") else xp.asarray(array)


def _axes(memory: Arrays, state: Arrays) -> dict[str, Axes]:
    """The axes of what goes from one graph to the other: rows first, in the memory then positions if they are open."""
    over_source: dict[str, Axes] = {
        name: ("B", array.shape[1] or "S", *array.shape[2:]) for name, array in memory.items()
    }
    return over_source | {name: ("B", *array.shape[1:]) for name, array in state.items()}


def _vars(arrays: Arrays) -> dict[str, Var]:
    return {name: array.var for name, array in arrays.items()}

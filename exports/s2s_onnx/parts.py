"""A model's two part graphs: the encoder, which runs once per source, and the decoder's step."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import onnx
from spox import Tensor, argument, build

from s2s_onnx.namespace import OnnxArray, OnnxNamespace
from s2s_toolkit.model import ModelPlan, build_parts
from s2s_toolkit.parts.attention import Memory
from s2s_toolkit.reference import PortableModel
from s2s_toolkit.registry import Registry

GRAPH = "onnx"
"""The framework that parts of a graph are made for; portable parts serve as well."""


@dataclass(frozen=True)
class PartGraphs:
    """Two models that agree on the names of what goes from one to the other.

    Attributes:
        encoder: source_ids (B, S), source_lengths (B,) -> the memory and the first state.
        step: previous_ids (B,), the memory and the state -> logits (B, V), attention (B, S), the state as "next_<name>".
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
    constants = {name: _constant(xp, name, array) for name, array in weights.items()}
    model = PortableModel(xp, build_parts(plan.config, registry, GRAPH), constants)
    source = {
        "source_ids": argument(Tensor(np.int64, ("B", "S"))),
        "source_lengths": argument(Tensor(np.int64, ("B",))),
    }
    memory, state = model.start(*(OnnxArray(var) for var in source.values()))
    memory_arrays = {"memory": memory.values, "keys": memory.keys, "mask": memory.mask}
    given = memory_arrays | state
    encoder = build(source, {name: array.var for name, array in given.items()})
    inputs = {name: argument(_like(name, array, memory_arrays)) for name, array in given.items()}
    previous_ids = argument(Tensor(np.int64, ("B",)))
    values, keys, mask = (OnnxArray(inputs[name]) for name in memory_arrays)
    logits, attention, new = model.step(
        OnnxArray(previous_ids), Memory(values, keys, mask), {name: OnnxArray(inputs[name]) for name in state}
    )
    outputs = {"logits": logits, "attention": attention} | {f"next_{name}": array for name, array in new.items()}
    step = build({"previous_ids": previous_ids, **inputs}, {name: array.var for name, array in outputs.items()})
    return PartGraphs(encoder, step, tuple(memory_arrays), tuple(state), plan.target_size)


def _constant(xp: OnnxNamespace, name: str, array: np.ndarray) -> OnnxArray | np.ndarray:
    """The encoder's weights stay numpy arrays: its operators want them stacked, which is done before the graph."""
    return array if name.startswith("encoder.") else xp.asarray(array)


def _like(name: str, array: OnnxArray, memory: Mapping[str, OnnxArray]) -> Tensor:
    """The type of an array with its open axes named: the row first, in the memory then the position."""
    open_axes = ["B", "S" if name in memory else None]
    sizes = [size or next(iter(open_axes[axis : axis + 1]), None) for axis, size in enumerate(array.shape)]
    return Tensor(array.dtype, ("B", *sizes[1:]))

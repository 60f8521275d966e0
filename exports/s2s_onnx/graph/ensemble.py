"""An ensemble's two part graphs, made of those of its members: what is made of part graphs never learns of it.

The encoder runs those of all members, a step their steps; `s2s_toolkit.ensemble` says what comes out.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from onnx import helper
from spox import Tensor, Var, argument

from s2s_onnx.graph.array import OnnxArray
from s2s_onnx.graph.namespace import OnnxNamespace
from s2s_onnx.graph.parts import ENCODED, Arrays, Axes, PartGraph, PartGraphs, part_graph
from s2s_toolkit.arrays import Namespace
from s2s_toolkit.ensemble import mean_attention, mean_log_probs
from s2s_toolkit.weights import prefixed, under

SOURCE, PREVIOUS = ("source_ids", "source_lengths"), "previous_ids"


def ensemble_graphs(members: Sequence[PartGraphs]) -> PartGraphs:
    """Put members together.

    What is a member's own, its weights, what attention reads and its state, is called "members.0." and so on before its
    name. The memory is those of all members side by side; the logits are log-probabilities.

    Args:
        members: Models of one vocabulary, with as many rows of a step for each source.
    """
    weights = _named([member.weights for member in members])
    arguments = {name: argument(Tensor(np.float32, array.shape)) for name, array in weights.items()}
    return PartGraphs(
        encoder=_encoder(members, arguments),
        step=_step(members, arguments),
        weights=weights,
        memory=tuple(_named([dict.fromkeys(member.memory) for member in members])),
        state=tuple(_named([dict.fromkeys(member.state) for member in members])),
        vocabulary_size=members[0].vocabulary_size,
    )


def _encoder(members: Sequence[PartGraphs], weights: dict[str, Var]) -> PartGraph:
    """The encoders' graph: the memory of all, and what each of them hands on to its step."""
    inputs = {name: _like(members[0].encoder, name) for name in SOURCE}
    found = [member.encoder.inlined(under(weights, _name(i)), **inputs) for i, member in enumerate(members)]
    memory = OnnxNamespace().concat([OnnxArray(each[ENCODED]) for each in found], axis=-1)
    handed_on = _named(
        [{name: each[name] for name in (*m.memory, *m.state)} for m, each in zip(members, found, strict=True)]
    )
    axes = _named([_axes(member.encoder.model.graph.output) for member in members])
    outputs = {ENCODED: memory} | {name: OnnxArray(var) for name, var in handed_on.items()}
    return part_graph(inputs, weights, outputs, axes | {ENCODED: ("B", "S", memory.shape[-1])})


def _step(members: Sequence[PartGraphs], weights: dict[str, Var]) -> PartGraph:
    """The steps' graph: what follows from the same previous ids, and what each of the members carries."""
    xp: Namespace = OnnxNamespace()
    previous = {PREVIOUS: _like(members[0].step, PREVIOUS)}
    own = _named([{name: _like(m.step, name) for name in (*m.memory, *m.state)} for m in members])
    found = [
        member.step.inlined(under(weights, _name(i)), **previous, **under(own, _name(i)))
        for i, member in enumerate(members)
    ]
    new = _named([{name: each[f"next_{name}"] for name in m.state} for m, each in zip(members, found, strict=True)])
    outputs: Arrays = {
        "logits": mean_log_probs(xp, [xp.log_softmax(OnnxArray(each["logits"])) for each in found]),
        "attention": mean_attention([OnnxArray(each["attention"]) for each in found]),
        **{f"next_{name}": OnnxArray(var) for name, var in new.items()},
    }
    axes = _axes(members[0].step.model.graph.output)
    axes |= {
        f"next_{name}": sizes for name, sizes in _named([_axes(m.step.model.graph.input) for m in members]).items()
    }
    return part_graph(previous | own, weights, outputs, axes)


def _named(members: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The values of all members, each under its member's name."""
    return {name: value for i, values in enumerate(members) for name, value in prefixed(values, _name(i)).items()}


def _name(number: int) -> str:
    return f"members.{number}"


def _like(graph: PartGraph, name: str) -> Var:
    """An input as a member's graph has it, made anew."""
    value = next(value for value in graph.model.graph.input if value.name == name)
    dtype = helper.tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type)
    return argument(Tensor(dtype, _axes([value])[name]))


def _axes(values: Sequence[onnx.ValueInfoProto]) -> dict[str, Axes]:
    """The axes of each value by its name: a size or, where it is open, a letter."""
    return {
        value.name: tuple(axis.dim_value or axis.dim_param or None for axis in value.type.tensor_type.shape.dim)
        for value in values
    }

"""What a part computes, as functions of named tensors, and arrays to call them with.

A function knows no framework: it hands tensors to the part's methods and names what comes back. The names are those of
the graphs (`docs/plugin_hooks.md`, "In the exported file").
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from s2s_toolkit.arrays import Array, Namespace
from s2s_toolkit.contracts import PartExporter
from s2s_toolkit.errors import UnsupportedError

Tensors = dict[str, Any]
Arrays = dict[str, np.ndarray]
Function = Callable[..., Tensors]
Run = Callable[[str, Arrays], Arrays]
"""Calls a function by its name."""


class Counts(NamedTuple):
    """How much there is of what a graph leaves open: sources B, source symbols S, target symbols T."""

    B: int
    S: int
    T: int


class Bound:
    """A portable part with the methods of a native one: its namespace and its weights are given once."""

    def __init__(self, part: Any, xp: Namespace, weights: Mapping[str, Array]) -> None:
        self.part, self.first = part, (xp, weights)

    def __getattr__(self, name: str) -> Any:
        return partial(getattr(self.part, name), *self.first)


def functions_of(kind: str, part: Any, *, attends_once: bool = True) -> dict[str, Function]:
    """The functions of a native part, or of a `Bound` one, by the method of the part that each calls.

    A decoder may have to attend once in each step; otherwise `attend_query` is the last of its queries.
    """
    if kind == "encoder":
        return {"encode": lambda inputs, lengths: _named("encode", part.encode(inputs, lengths), "memory", "summary")}
    if kind == "attention scorer":
        return {
            "keys": lambda memory: {"keys": part.keys(memory)},
            "score": lambda query, keys: {"scores": part.score(query, keys)},
        }
    return {
        "start": lambda summary: {f"state_{name}": value for name, value in _state("start", part.start(summary))},
        "step": lambda **inputs: _step(part, attends_once, **inputs),
    }


def example_inputs(kind: str, sizes: Sequence[int], counts: Counts, run: Run) -> dict[str, Arrays]:
    """Inputs for each function; what one function gives another is computed by `run`.

    Args:
        kind: The kind of part.
        sizes: What the part's constructor was given.
        counts: The sizes that stay open.
        run: Gives what a function of the part returns.
    """
    rng = np.random.default_rng(0)

    def draw(*shape: int) -> np.ndarray:
        return rng.normal(size=shape).astype(np.float32)

    B, S, T = counts
    if kind == "encoder":
        lengths = rng.integers(1, S, B, endpoint=True)
        lengths[-1] = S  # the last, so that lengths do not stand in order
        return {"encode": {"inputs": draw(B, S, sizes[0]), "lengths": lengths}}
    if kind == "attention scorer":
        memory = {"memory": draw(B, S, sizes[1])}
        return {"keys": memory, "score": {"query": draw(B, T, sizes[0]), **run("keys", memory)}}
    summary = {"summary": draw(B, sizes[1])}
    attended = {"attend_context": draw(B, sizes[1]), "attend_attention": rng.dirichlet(np.ones(S), B).astype("f")}
    return {"start": summary, "step": {"previous": draw(B, sizes[0]), **attended, **run("start", summary)}}


def native_run(
    kind: str, exporter: PartExporter, sizes: Sequence[int], counts: Counts, *, attends_once: bool = True
) -> Run:
    """Calls the functions of a native part; each has been called once, before which a Keras layer has no weights."""
    functions = functions_of(kind, exporter.part, attends_once=attends_once)

    def run(name: str, inputs: Arrays) -> Arrays:
        return exporter.run(functions[name], inputs)

    for name, inputs in example_inputs(kind, sizes, counts, run).items():
        run(name, inputs)
    return run


def open_axes(one: Mapping[str, np.ndarray], other: Mapping[str, np.ndarray]) -> dict[str, list[int]]:
    """Name -> the axes whose sizes differ between arrays that were made with different counts throughout."""
    pairs = {name: (one[name].shape, other[name].shape) for name in one}
    return {
        name: [axis for axis, (a, b) in enumerate(zip(*both, strict=True)) if a != b] for name, both in pairs.items()
    }


def _step(
    part: Any, attends_once: bool, *, previous: Any, attend_context: Any, attend_attention: Any, **state: Any
) -> Tensors:
    """A decoder's step, which stands still at `attend`: the query goes out, context and attention come in."""
    queries = []

    def attend(query: Any) -> tuple[Any, Any]:
        queries.append(query)
        return attend_context, attend_attention

    names = [name.removeprefix("state_") for name in state]
    given = part.step(previous, dict(zip(names, state.values(), strict=True)), attend)
    readout, attention, new = _named("step", given, "readout", "attention", "state").values()
    if attends_once and len(queries) != 1:
        raise UnsupportedError(
            f"its step calls `attend` {len(queries)} times, where a native decoder's must do it once"
        )
    if {name for name, _ in _state("step", new)} != set(names):
        raise UnsupportedError(f"its state is {', '.join(names)} at first, and after a step {', '.join(new)}")
    carried = {f"next_{name}": new[name] for name in names}
    asked = {"attend_query": queries[-1]} if queries else {}
    return {**asked, "readout": readout, "attention": attention, **carried}


def _named(method: str, values: Any, *names: str) -> Tensors:
    if not isinstance(values, tuple) or len(values) != len(names):
        raise UnsupportedError(f"its `{method}` must return {' and '.join(names)}, a tuple; it returns {values!r:.60}")
    return dict(zip(names, values, strict=True))


def _state(method: str, value: Any) -> Iterable[tuple[str, Any]]:
    if not isinstance(value, Mapping):
        raise UnsupportedError(f"its `{method}` must return a state, a dict of arrays; it returns {value!r:.60}")
    return value.items()

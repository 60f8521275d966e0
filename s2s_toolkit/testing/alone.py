"""A part by itself, called with numpy arrays in whichever framework: what it breaks is then its own doing."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from s2s_toolkit.checks.parts import COUNTS
from s2s_toolkit.components import ANY
from s2s_toolkit.model import REFERENCE
from s2s_toolkit.parts.functions import Arrays, Bound, Run, functions_of, native_run
from s2s_toolkit.registry import Registry
from s2s_toolkit.testing.requirements import Inapplicable


class Alone:
    """A part's functions by their names; `s2s_toolkit.parts.functions` says what they take and return.

    Args:
        kind: The kind of part.
        part: The part.
        sizes: What its constructor was given.
        run: Calls a function.
    """

    def __init__(self, kind: str, part: Any, sizes: Sequence[int], run: Run) -> None:
        self.kind, self.part, self.sizes, self.run = kind, part, tuple(sizes), run

    def __call__(self, function: str, **inputs: np.ndarray) -> Arrays:
        """What a function returns."""
        return self.run(function, inputs)


def part_alone(
    kind: str,
    name: str,
    part: Any,
    *,
    sizes: Sequence[int],
    weights: Mapping[str, np.ndarray],
    framework: str,
    registry: Registry,
) -> Alone:
    """A part on given weights; the test is skipped where a framework can't call parts apart from a model."""
    made = registry.load("framework", framework)()
    if registry.find(kind, name, framework).framework in (ANY, REFERENCE):
        if not hasattr(made, "namespace"):
            raise Inapplicable(f"{framework} lends no array namespace, in which a portable part could be called alone")
        return Alone(kind, part, sizes, _portable_run(kind, part, made.namespace(), weights))
    if not hasattr(made, "part_exporter"):
        raise Inapplicable(f"{framework} calls no native part alone")
    return Alone(kind, part, sizes, _native_run(kind, made.part_exporter(part), sizes, weights))


def _portable_run(kind: str, part: Any, xp: Any, weights: Mapping[str, np.ndarray]) -> Run:
    bound = Bound(part, xp, {name: xp.asarray(array) for name, array in weights.items()})
    functions = functions_of(kind, bound, attends_once=False)

    def run(function: str, inputs: Arrays) -> Arrays:
        tensors = functions[function](**{name: xp.asarray(array) for name, array in inputs.items()})
        return {name: np.asarray(tensor) for name, tensor in tensors.items()}

    return run


def _native_run(kind: str, exporter: Any, sizes: Sequence[int], weights: Mapping[str, np.ndarray]) -> Run:
    run = native_run(kind, exporter, sizes, COUNTS, attends_once=False)
    exporter.load_weights(weights)
    return run

"""Try the parts of a model on small arrays: what breaks the contract is told before a training starts, not after."""

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from s2s_toolkit.arrays import NumpyNamespace
from s2s_toolkit.blame import blaming, named
from s2s_toolkit.components import ANY
from s2s_toolkit.config_sections import ModelConfig
from s2s_toolkit.errors import PluginError, UnsupportedError
from s2s_toolkit.model import REFERENCE, build_parts, complete_declaration, part_offers, reference_parts
from s2s_toolkit.parts.functions import Arrays, Bound, Counts, Run, example_inputs, functions_of, native_run
from s2s_toolkit.registry import Offer, Registry
from s2s_toolkit.weights import Weight, initial_weights

COUNTS = Counts(B=3, S=5, T=2)
"""Sources, source symbols, target symbols: three sizes that can't be taken for one another."""

SEED = 1

Arguments = tuple[str, ...]

ARGUMENTS: Mapping[str, Mapping[str, Arguments]] = {
    "encoder": {"encode": ("inputs", "lengths")},
    "attention scorer": {"keys": ("memory",), "score": ("query", "keys")},
    "decoder": {"start": ("summary",), "step": ("previous", "state", "attend")},
}
"""Kind -> method -> its arguments, behind those of a portable part."""

Shape = tuple[int | None, ...]
"""None stands for any size, at the end for any number of axes."""


def check_parts(config: ModelConfig, registry: Registry, framework: str) -> None:
    """Call every function of every part once; PluginError names the part, the function and what is wrong with it."""
    parts, reference = build_parts(config, registry, framework), reference_parts(config, registry, framework)
    memory_size, query_size = parts.encoder.memory_size, parts.decoder.query_size
    offers = part_offers(config, registry, framework)
    for kind, part, portable, sizes in (
        ("encoder", parts.encoder, reference.encoder, (config.embedding_size,)),
        ("attention scorer", parts.scorer, reference.scorer, (query_size, memory_size)),
        ("decoder", parts.decoder, reference.decoder, (config.embedding_size, memory_size)),
    ):
        offer = offers[kind]
        try:
            with blaming(kind, offer), np.errstate(all="ignore"):  # what is not finite is told in our own words
                run = _runner(kind, part, portable, sizes, offer, registry, framework)
                if run is not None:
                    _check(named(kind, offer), run, example_inputs(kind, sizes, COUNTS, run), _shapes(kind, part))
        except UnsupportedError as error:  # which knows the part as "it"
            raise PluginError(f"{named(kind, offer)}: {error}") from error


def _runner(
    kind: str, part: Any, portable: Any, sizes: Sequence[int], offer: Offer, registry: Registry, framework: str
) -> Run | None:
    """What calls a function of the part, on first weights: numpy for a portable one, its framework for a native one."""
    if offer.component.framework in (ANY, REFERENCE):
        _check_methods(part, {"weights": (), **_behind(("xp", "weights"), ARGUMENTS[kind])})
        functions = functions_of(
            kind, Bound(part, NumpyNamespace(), initial_weights(_declared(part), SEED)), attends_once=False
        )
        return lambda name, inputs: _arrays(name, functions[name](**inputs))
    made = registry.load("framework", framework)()
    if not hasattr(made, "part_exporter"):
        return None
    _check_methods(part, ARGUMENTS[kind])
    exporter = made.part_exporter(part)
    run = native_run(kind, exporter, sizes, COUNTS)
    declared = _declared(portable) if callable(getattr(portable, "weights", None)) else {}
    shapes = {name: array.shape for name, array in exporter.weights().items()}
    exporter.load_weights(initial_weights(complete_declaration(declared, shapes), SEED))
    return run


def _check_methods(part: Any, expected: Mapping[str, Arguments]) -> None:
    for name, arguments in expected.items():
        method, given = getattr(part, name, None), f"({', '.join(arguments)})"
        if not callable(method):
            raise UnsupportedError(f"it has no method `{name}`, which is given {given}")
        signature = inspect.signature(method)
        try:
            signature.bind(*arguments)
        except TypeError as error:
            raise UnsupportedError(f"its `{name}` takes {signature}, and is given {given}") from error


def _declared(part: Any) -> Mapping[str, Weight]:
    found = part.weights()
    if not isinstance(found, Mapping) or not all(isinstance(weight, Weight) for weight in found.values()):
        raise UnsupportedError(f"its `weights` must return a dict of Weights by name; it returns {found!r:.60}")
    return found


def _behind(first: Arguments, methods: Mapping[str, Arguments]) -> dict[str, Arguments]:
    return {name: first + rest for name, rest in methods.items()}


def _shapes(kind: str, part: Any) -> Mapping[str, Mapping[str, Shape]]:
    """Function -> output -> its shape."""
    B, S, T = COUNTS
    if kind == "encoder":
        return {"encode": {"memory": (B, S, part.memory_size), "summary": (B, part.memory_size)}}
    if kind == "attention scorer":
        return {"keys": {"keys": (B, S, None)}, "score": {"scores": (B, T, S)}}
    return {
        "start": {},
        "step": {"attend_query": (B, part.query_size), "readout": (B, part.readout_size), "attention": (B, S)},
    }


def _check(part: str, run: Run, inputs: Mapping[str, Arrays], shapes: Mapping[str, Mapping[str, Shape]]) -> None:
    for function, expected in shapes.items():
        given = inputs[function]
        for output, array in run(function, given).items():
            shape = expected.get(output) or _state_shape(output, given)
            told = f"{part}: `{function}` gives {output.replace('_', ' ', 1)}"
            if not _fits(array.shape, shape):
                sizes = "batch, source and target of " + ", ".join(map(str, COUNTS))
                raise PluginError(f"{told} of shape {array.shape}, expected {_told(shape)} for a {sizes}")
            if array.dtype != np.float32 and (array.dtype.kind == "f" or output in expected):
                raise PluginError(f"{told} of type {array.dtype}, expected float32")
            if not np.isfinite(array).all():
                raise PluginError(f"{told} with a value that is not finite")


def _state_shape(output: str, inputs: Arrays) -> Shape:
    """An entry of the first state has the batch first; it keeps its shape from step to step."""
    before = inputs.get(output.replace("next_", "state_", 1))
    return (COUNTS.B, None) if before is None else before.shape


def _fits(found: tuple[int, ...], expected: Shape) -> bool:
    if expected[-1] is None:
        expected, found = expected[:-1], found[: len(expected) - 1]
    return found == expected


def _told(shape: Shape) -> str:
    return f"({', '.join('…' if size is None else str(size) for size in shape)})"


def _arrays(function: str, found: Mapping[str, Any]) -> Arrays:
    for output, value in found.items():
        if not isinstance(value, np.ndarray | np.generic):
            raise UnsupportedError(f"`{function}` gives {output.replace('_', ' ', 1)} {value!r:.40}, expected an array")
    return {name: np.asarray(value) for name, value in found.items()}

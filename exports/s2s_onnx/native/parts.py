"""Parts made of graphs, with the methods of portable ones, for tracing a model; their weights are in the graphs."""

from collections.abc import Callable, Mapping
from typing import Any

import onnx
from onnx import helper
from spox import inline

from s2s_onnx.graph.array import OnnxArray
from s2s_onnx.native.fitting import fitted
from s2s_onnx.native.splitting import split
from s2s_toolkit.arrays import Array, Namespace
from s2s_toolkit.errors import UnsupportedError
from s2s_toolkit.parts.attention import Attend
from s2s_toolkit.parts.cells import State

Models = Mapping[str, onnx.ModelProto]
Weights = Mapping[str, Array]

QUERY, ATTENDED = "attend_query", ("attend_context", "attend_attention")
SIGNATURES = {
    "encoder": {"encode": ("inputs lengths", "memory summary")},
    "attention scorer": {"keys": ("memory", "keys"), "score": ("query keys", "scores")},
    "decoder": {
        "start": ("summary", "state_*"),
        "step": (f"previous {' '.join(ATTENDED)} state_*", f"{QUERY} readout attention next_*"),
    },
}
"""Kind -> graph -> the names of its inputs and outputs; a star stands for each entry of the state."""
RANKS = {"memory": 3, "summary": 2, "scores": 3, QUERY: 2, "readout": 2, "attention": 2}


def graph_part(kind: str, models: Models) -> Any:
    """A part made of the graphs of its functions, which are refused where `docs/plugin_hooks.md` wants others."""
    signature = SIGNATURES[kind]
    if set(models) != set(signature):
        raise UnsupportedError(f"it gives the graphs {_listed(models)}, where it needs {_listed(signature)}")
    made = {name: _checked(name, model, *map(str.split, signature[name])) for name, model in models.items()}
    parts: dict[str, Callable[[Models], Any]] = {
        "encoder": GraphEncoder,
        "attention scorer": GraphScorer,
        "decoder": GraphDecoder,
    }
    return parts[kind](made)


class GraphEncoder:
    """An encoder of the graph `encode`."""

    def __init__(self, models: Models) -> None:
        self.models = models

    def encode(self, xp: Namespace, weights: Weights, inputs: Array, lengths: Array) -> tuple[Array, Array]:
        """Embedded source (B, S, E), lengths (B,) -> memory (B, S, M), summary (B, M)."""
        found = _call(self.models["encode"], {"inputs": inputs, "lengths": lengths})
        return found["memory"], found["summary"]


class GraphScorer:
    """An attention scorer of the graphs `keys` and `score`."""

    def __init__(self, models: Models) -> None:
        self.models = models

    def keys(self, xp: Namespace, weights: Weights, memory: Array) -> Array:
        """Memory (B, S, M) -> keys (B, S, A)."""
        return _call(self.models["keys"], {"memory": memory})["keys"]

    def score(self, xp: Namespace, weights: Weights, query: Array, keys: Array) -> Array:
        """Query (B, T, Q), keys (B, S, A) -> scores (B, T, S)."""
        return _call(self.models["score"], {"query": query, "keys": keys})["scores"]


class GraphDecoder:
    """A decoder of the graphs `start` and `step`; its step is cut where it attends."""

    def __init__(self, models: Models) -> None:
        self.begin = models["start"]
        self.ask, self.answer = split(models["step"], QUERY, without=ATTENDED)
        entries = {name.removeprefix("state_") for name in _names(self.begin.graph.output)}
        carried = {
            name.removeprefix("next_") for name in _names(models["step"].graph.output) if name.startswith("next_")
        }
        if entries != carried:
            raise UnsupportedError(f"its state is {_listed(entries)} at first, and after a step {_listed(carried)}")

    def start(self, xp: Namespace, weights: Weights, summary: Array) -> State:
        """Summary (B, M) -> the first state."""
        return {name.removeprefix("state_"): value for name, value in _call(self.begin, {"summary": summary}).items()}

    def step(
        self, xp: Namespace, weights: Weights, previous: Array, state: State, attend: Attend
    ) -> tuple[Array, Array, State]:
        """Previous embedding (B, E) and state -> readout (B, R), attention (B, S), state."""
        given = {"previous": previous, **{f"state_{name}": value for name, value in state.items()}}
        asked = _call(self.ask, given)
        attended = dict(zip(ATTENDED, attend(asked[QUERY]), strict=True))
        found = asked | _call(self.answer, given | asked | attended)
        return found["readout"], found["attention"], {name: found[f"next_{name}"] for name in state}


def _call(model: onnx.ModelProto, arrays: Mapping[str, OnnxArray]) -> dict[str, OnnxArray]:
    """Put a graph into the one that is being made; what it does not read it is not given."""
    given = {name: arrays[name].var for name in _names(model.graph.input)}
    return {name: OnnxArray(var) for name, var in inline(model)(**given).items()}


def _checked(name: str, model: onnx.ModelProto, inputs: list[str], outputs: list[str]) -> onnx.ModelProto:
    """A graph fit for the exported file whose inputs and outputs are those that they must be."""
    model = fitted(model)
    given, taken = _names(model.graph.output), _names(model.graph.input)
    if unknown := [each for each in taken if _pattern(each) not in inputs]:
        raise UnsupportedError(f"its graph {name!r} has the input {unknown[0]!r}; it may have {_listed(inputs)}")
    if {*map(_pattern, given)} != {*outputs}:
        raise UnsupportedError(f"its graph {name!r} gives {_listed(given)}, where it needs {_listed(outputs)}")
    for output in model.graph.output:
        _strip_axes(output)
    return model


def _strip_axes(output: onnx.ValueInfoProto) -> None:
    """Keep the sizes that are declared; names of open axes mean nothing outside of their graph."""
    tensor, rank = output.type.tensor_type, RANKS.get(output.name)
    sizes = [dim.dim_value or None for dim in tensor.shape.dim]
    if rank not in (None, len(sizes)):
        raise UnsupportedError(f"its output {output.name!r} has {len(sizes)} axes, where it needs {rank}")
    output.CopyFrom(helper.make_tensor_value_info(output.name, tensor.elem_type, sizes))


def _pattern(name: str) -> str:
    """The name as a signature has it."""
    prefix, _, entry = name.partition("_")
    return f"{prefix}_*" if prefix in ("state", "next") and entry else name


def _names(values: Any) -> list[str]:
    return [value.name for value in values]


def _listed(names: Any) -> str:
    return ", ".join(sorted(names)) or "nothing"

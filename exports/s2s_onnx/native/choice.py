"""Which form of each part goes into the exported file."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx

from s2s_onnx.graph.tracing import traced
from s2s_onnx.native.parts import Models, graph_part
from s2s_onnx.native.process import Request, export_part
from s2s_toolkit.components import ANY, Component
from s2s_toolkit.config_sections import ModelConfig
from s2s_toolkit.errors import UnsupportedError, one_line
from s2s_toolkit.model import SECTIONS, Parts, build_parts
from s2s_toolkit.registry import Offer, Registry
from s2s_toolkit.weights import under

GRAPH = "onnx"
"""The framework that parts of a graph are made for; portable parts serve as well."""


def graph_parts(config: ModelConfig, registry: Registry, framework: str, weights: Mapping[str, np.ndarray]) -> Parts:
    """The parts of a model, for tracing it with the ONNX namespace.

    A part that has `to_onnx` becomes the graphs that it gives. One that is portable, or made for the framework "onnx",
    stays as it is. A native one is exported by its framework. Graphs hold their weights.

    Args:
        config: Names the parts.
        registry: Where they are found.
        framework: Whose native parts serve: where the run was trained.
        weights: All weights of the model.

    Raises UnsupportedError for a part that has no form for the graph.
    """
    is_native = any(not registry.has(kind, getattr(config, section).name, GRAPH) for kind, section in SECTIONS.items())
    if is_native and registry.has("framework", framework, ANY):
        registry.load("framework", framework)  # before its parts import it, since a registry may load it quietly
    graph_registry = GraphRegistry(**vars(registry), framework=framework)
    made = build_parts(config, graph_registry, GRAPH)
    forms = GraphForms(config, graph_registry, weights)
    memory_size = made.encoder.memory_size
    return Parts(
        forms.of("encoder", made.encoder, config.embedding_size),
        forms.of("attention scorer", made.scorer, made.decoder.query_size, memory_size),
        forms.of("decoder", made.decoder, config.embedding_size, memory_size),
    )


@dataclass(repr=False)
class GraphRegistry(Registry):
    """Finds parts for the graph and, where there are none, those of a framework.

    Attributes:
        framework: The framework.
    """

    framework: str = GRAPH

    def find_offer(self, kind: str, name: str, framework: str = ANY) -> Offer:
        """As every registry, but for parts of the graph."""
        is_native = framework == GRAPH and not self.has(kind, name, GRAPH)
        return super().find_offer(kind, name, self.framework if is_native else framework)


@dataclass(frozen=True)
class GraphForms:
    """Makes what goes into the graph of the parts that the registry gave."""

    config: ModelConfig
    registry: GraphRegistry
    weights: Mapping[str, np.ndarray]

    def of(self, kind: str, part: Any, *sizes: int) -> Any:
        """The form of a part that was made with these sizes: the part itself, or one of graphs."""
        offer = self.registry.find_offer(kind, self._config(kind).name, GRAPH)
        component, weights = offer.component, under(self.weights, SECTIONS[kind])
        where = "" if component.framework == ANY else f" for {component.framework}"
        named = f"{kind} {component.name!r}{where} of {offer.plugin} can't be exported"
        if callable(getattr(part, "to_onnx", None)):
            with _explained(named, "docs/plugin_hooks.md says what its graphs must be"):
                return graph_part(kind, _own_graphs(part, weights))
        if component.framework in (GRAPH, ANY):
            return traced(part, kind, offer)
        with _explained(named, "write it portable or give it a method `to_onnx`"):
            return graph_part(kind, export_part(self._request(kind, component, sizes), weights))

    def _request(self, kind: str, component: Component, sizes: tuple[int, ...]) -> Request:
        framework = self.registry.find("framework", component.framework)
        if not hasattr(self.registry.load("framework", framework.name), "part_exporter"):
            raise UnsupportedError(f"{framework.name} exports no parts of its own")
        options = self._config(kind).options
        where = f"model.{SECTIONS[kind]}"
        return Request(kind, framework.target, component.target, sizes=sizes, options=options, where=where)

    def _config(self, kind: str) -> Any:
        return getattr(self.config, SECTIONS[kind])


def _own_graphs(part: Any, weights: Mapping[str, np.ndarray]) -> Models:
    try:
        models = dict(part.to_onnx(weights))
    except Exception as error:  # whatever a third party's part raises
        raise UnsupportedError(f"its `to_onnx` fails, {one_line(error)}") from error
    for name, model in models.items():
        if not isinstance(model, onnx.ModelProto):
            raise UnsupportedError(f"its graph {name!r} is a {type(model).__name__}, and no onnx.ModelProto")
    return models


@contextmanager
def _explained(what: str, remedy: str) -> Iterator[None]:
    """Put before a reason what can't be done, and behind it what would help."""
    try:
        yield
    except UnsupportedError as error:
        raise UnsupportedError(f"{what}: {error}; {remedy}") from error

"""The graphs of what is exported: of a run's model, or of several that decode together."""

from collections.abc import Sequence

from s2s_onnx.graph.ensemble import ensemble_graphs
from s2s_onnx.graph.parts import PartGraphs, part_graphs
from s2s_toolkit.loading import load_weights, plan_of
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import Run


def exported_graphs(runs: Sequence[Run], registry: Registry, framework: str, *, copies: int = 1) -> PartGraphs:
    """The encoder's graph and the step's.

    Args:
        runs: Of the models, whose weights have to fit.
        registry: Where parts are found.
        framework: What each has to fit in; "" for what trained it.
        copies: K, rows of the step for each source.
    """
    graphs = [_graphs(run, registry, framework or run.config.framework, copies) for run in runs]
    return graphs[0] if len(graphs) == 1 else ensemble_graphs(graphs)


def _graphs(run: Run, registry: Registry, framework: str, copies: int) -> PartGraphs:
    weights = load_weights(run, registry, framework)
    return part_graphs(plan_of(run), weights, registry, run.config.framework, copies=copies)

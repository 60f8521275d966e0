"""What this package offers; importing it imports no framework."""

from s2s_toolkit.components import ANY, Component
from s2s_toolkit.hookspecs import hookimpl


@hookimpl
def s2s_attention_scorers() -> list[Component]:
    summary = "cosine of projections, with a learnt strength (Graves et al. 2014)"
    return [
        Component("cosine", ANY, "s2s_cosine.scorer:CosineScorer", summary),
        Component("cosine", "torch", "s2s_cosine.torch_scorer:CosineScorer", summary),
        Component("cosine", "tensorflow", "s2s_cosine.keras_scorer:CosineScorer", summary),
    ]


@hookimpl
def s2s_decoding_strategies() -> list[Component]:
    return [
        Component(
            "diverse_beam",
            ANY,
            "s2s_cosine.diverse_beam:DiverseBeamSearch",
            "beams in groups that avoid each other's symbols (Vijayakumar et al. 2018)",
        )
    ]

"""Layer normalisation (its twin: `s2s_toolkit.parts.norms`)."""

from torch import nn

from s2s_toolkit.parts.norms import EPSILON


def layer_norms(size: int, count: int) -> nn.ModuleList:
    """One for each layer of a stack, whose outputs are (…, size)."""
    return nn.ModuleList(nn.LayerNorm(size, eps=EPSILON) for _ in range(count))

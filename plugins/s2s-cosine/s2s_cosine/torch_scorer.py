"""The cosine scorer as a PyTorch module, its portable form written for one framework."""

import torch
from torch import Tensor, nn

from s2s_cosine.scorer import EPSILON, INITIAL_STRENGTH


class CosineScorer(nn.Module):
    """`s2s_cosine.scorer.CosineScorer`, with its options and its weights."""

    def __init__(self, query_size: int, memory_size: int, *, size: int = 128) -> None:
        super().__init__()
        self.query = nn.Linear(query_size, size, bias=False)
        self.key = nn.Linear(memory_size, size, bias=False)
        self.log_strength = nn.Parameter(torch.zeros(1))

    def keys(self, memory: Tensor) -> Tensor:
        """Project the memory to unit length, once per source: (B, S, M) -> (B, S, A)."""
        return _unit(self.key(memory))

    def score(self, query: Tensor, keys: Tensor) -> Tensor:
        """Compare query (B, T, Q) with keys (B, S, A); unnormalised, (B, T, S)."""
        unit = _unit(self.query(query))  # (B, T, A)
        return torch.matmul(unit, keys.transpose(1, 2)) * (INITIAL_STRENGTH * torch.exp(self.log_strength))


def _unit(vectors: Tensor) -> Tensor:
    """Vectors (..., A) brought to length 1, and zero vectors left as they are."""
    return vectors / torch.sqrt(torch.sum(vectors * vectors, dim=-1, keepdim=True) + EPSILON)

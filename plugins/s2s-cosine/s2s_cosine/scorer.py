"""The cosine scorer, written once for every framework."""

from collections.abc import Mapping

from s2s_toolkit.arrays import Array, Namespace
from s2s_toolkit.weights import Weight

Weights = Mapping[str, Array]

INITIAL_STRENGTH = 10.0
"""β before training. A cosine is at most 1, and a softmax over such scores could hardly prefer any position."""

EPSILON = 1e-6
"""Added to a squared length: a zero vector has cosine 0 with any other, and its gradient stays finite."""


class CosineScorer:
    """The cosine of projected query and projected memory times a learnt strength: β · cos(W q, U m).

    Content-based addressing of Graves et al. (2014), "Neural Turing Machines", section 3.3.1, equations 5 and 6. There
    the controller gives a strength β with each query; here it is one weight, β = 10 · exp(log_strength). So β stays
    above 0, and a first value of 0 is a useful one.

    Args:
        query_size: Q, of the decoder's state.
        memory_size: M, of the encoder's output.
        size: A, of what is compared.
    """

    def __init__(self, query_size: int, memory_size: int, *, size: int = 128) -> None:
        if size < 1:
            raise ValueError(f"size must be at least 1, given {size}")
        self.query_size, self.memory_size, self.size = query_size, memory_size, size

    def weights(self) -> dict[str, Weight]:
        """The arrays that `keys` and `score` are given."""
        return {
            "query.kernel": Weight((self.query_size, self.size)),
            "key.kernel": Weight((self.memory_size, self.size)),
            "log_strength": Weight((1,), "zeros"),
        }

    def keys(self, xp: Namespace, weights: Weights, memory: Array) -> Array:
        """Project the memory to unit length, once per source: (B, S, M) -> (B, S, A)."""
        return _unit(xp, xp.matmul(memory, weights["key.kernel"]))

    def score(self, xp: Namespace, weights: Weights, query: Array, keys: Array) -> Array:
        """Compare query (B, T, Q) with keys (B, S, A); unnormalised, (B, T, S)."""
        unit = _unit(xp, xp.matmul(query, weights["query.kernel"]))  # (B, T, A)
        return xp.matmul(unit, xp.matrix_transpose(keys)) * (INITIAL_STRENGTH * xp.exp(weights["log_strength"]))


def _unit(xp: Namespace, vectors: Array) -> Array:
    """Vectors (..., A) brought to length 1, and zero vectors left as they are."""
    return vectors / xp.sqrt(xp.sum(vectors * vectors, axis=-1, keepdims=True) + EPSILON)

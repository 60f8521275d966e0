"""The attention scorers, each written once: how well does a decoder state match each encoder position?

A scorer's `keys` runs once per source, its `score` once per decoder step (T = 1) or over all steps of a target at once.
"""

import math
from collections.abc import Mapping

from s2s_toolkit.arrays import Array, Namespace
from s2s_toolkit.weights import Weight

Weights = Mapping[str, Array]


class AdditiveScorer:
    """Compare query and memory with a small network: v · tanh(W q + U m + b).

    Bahdanau et al. (2015), appendix A.1.2.
    """

    def __init__(self, query_size: int, memory_size: int, *, size: int = 128) -> None:
        _check_size(size)
        self.query_size, self.memory_size, self.size = query_size, memory_size, size

    def weights(self) -> dict[str, Weight]:
        """The arrays that `keys` and `score` are given."""
        return {
            "query.kernel": Weight((self.query_size, self.size)),
            "key.kernel": Weight((self.memory_size, self.size)),
            "key.bias": Weight((self.size,), "zeros"),
            "energy": Weight((self.size,)),
        }

    def keys(self, xp: Namespace, weights: Weights, memory: Array) -> Array:
        """Project the memory, once per source: (B, S, M) -> (B, S, A)."""
        return xp.matmul(memory, weights["key.kernel"]) + weights["key.bias"]

    def score(self, xp: Namespace, weights: Weights, query: Array, keys: Array) -> Array:
        """Compare query (B, T, Q) with keys (B, S, A); unnormalised, (B, T, S)."""
        projected = xp.matmul(query, weights["query.kernel"])  # (B, T, A)
        hidden = xp.tanh(xp.expand_dims(projected, axis=2) + xp.expand_dims(keys, axis=1))  # (B, T, S, A)
        return xp.matmul(hidden, weights["energy"])


class DotScorer:
    """The inner product of query and memory, which must have one size: q · m.

    Luong et al. (2015), equation 8, "dot".
    """

    def __init__(self, query_size: int, memory_size: int) -> None:
        if query_size != memory_size:
            raise ValueError(
                f"'dot' needs a decoder state as large as the encoder's output, given {query_size} and {memory_size}; "
                f"set model.decoder.size = {memory_size}, or use 'general' or 'scaled_dot', which project"
            )

    def weights(self) -> dict[str, Weight]:
        """None."""
        return {}

    def keys(self, xp: Namespace, weights: Weights, memory: Array) -> Array:
        """The memory itself: (B, S, M)."""
        return memory

    def score(self, xp: Namespace, weights: Weights, query: Array, keys: Array) -> Array:
        """Compare query (B, T, Q) with keys (B, S, Q); unnormalised, (B, T, S)."""
        return xp.matmul(query, xp.matrix_transpose(keys))


class GeneralScorer:
    """The inner product of the query with the projected memory: q · W m.

    Luong et al. (2015), equation 8, "general".
    """

    def __init__(self, query_size: int, memory_size: int) -> None:
        self.query_size, self.memory_size = query_size, memory_size

    def weights(self) -> dict[str, Weight]:
        """The array that `keys` is given."""
        return {"key.kernel": Weight((self.memory_size, self.query_size))}

    def keys(self, xp: Namespace, weights: Weights, memory: Array) -> Array:
        """Project the memory to the query's size, once per source: (B, S, M) -> (B, S, Q)."""
        return xp.matmul(memory, weights["key.kernel"])

    def score(self, xp: Namespace, weights: Weights, query: Array, keys: Array) -> Array:
        """Compare query (B, T, Q) with keys (B, S, Q); unnormalised, (B, T, S)."""
        return xp.matmul(query, xp.matrix_transpose(keys))


class ScaledDotScorer:
    """The inner product of projected query and projected memory over the root of their size: W q · U m / √A.

    Vaswani et al. (2017), sections 3.2.1 and 3.2.2, one head.
    """

    def __init__(self, query_size: int, memory_size: int, *, size: int = 128) -> None:
        _check_size(size)
        self.query_size, self.memory_size, self.size = query_size, memory_size, size

    def weights(self) -> dict[str, Weight]:
        """The arrays that `keys` and `score` are given."""
        return {
            "query.kernel": Weight((self.query_size, self.size)),
            "key.kernel": Weight((self.memory_size, self.size)),
        }

    def keys(self, xp: Namespace, weights: Weights, memory: Array) -> Array:
        """Project the memory, once per source: (B, S, M) -> (B, S, A)."""
        return xp.matmul(memory, weights["key.kernel"])

    def score(self, xp: Namespace, weights: Weights, query: Array, keys: Array) -> Array:
        """Compare query (B, T, Q) with keys (B, S, A); unnormalised, (B, T, S)."""
        projected = xp.matmul(query, weights["query.kernel"]) * (1 / math.sqrt(self.size))  # (B, T, A)
        return xp.matmul(projected, xp.matrix_transpose(keys))


class ConcatScorer:
    """One projection of query and memory put side by side: v · tanh(W [q; m]).

    Luong et al. (2015), equation 8, "concat". W is applied to its two halves apart, so that the memory's runs once per
    source.
    """

    def __init__(self, query_size: int, memory_size: int, *, size: int = 128) -> None:
        _check_size(size)
        self.query_size, self.memory_size, self.size = query_size, memory_size, size

    def weights(self) -> dict[str, Weight]:
        """The arrays that `keys` and `score` are given."""
        return {"kernel": Weight((self.query_size + self.memory_size, self.size)), "energy": Weight((self.size,))}

    def keys(self, xp: Namespace, weights: Weights, memory: Array) -> Array:
        """Project the memory, once per source: (B, S, M) -> (B, S, A)."""
        return xp.matmul(memory, weights["kernel"][self.query_size :, :])

    def score(self, xp: Namespace, weights: Weights, query: Array, keys: Array) -> Array:
        """Compare query (B, T, Q) with keys (B, S, A); unnormalised, (B, T, S)."""
        projected = xp.matmul(query, weights["kernel"][: self.query_size, :])  # (B, T, A)
        hidden = xp.tanh(xp.expand_dims(projected, axis=2) + xp.expand_dims(keys, axis=1))  # (B, T, S, A)
        return xp.matmul(hidden, weights["energy"])


def _check_size(size: int) -> None:
    if size < 1:
        raise ValueError(f"size must be at least 1, given {size}")

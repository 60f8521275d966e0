"""Attention: score, mask, normalise, and take the mean of the memory.

Masking and softmax live here and nowhere else.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from s2s_toolkit.arrays import Array, Namespace

LOWEST = -1e9
"""The score of padding. Finite, since a softmax over a row of -inf is NaN; its exponential is exactly zero."""


@dataclass(frozen=True)
class Memory:
    """What attention reads, computed once per source.

    Attributes:
        values: Encoder outputs (B, S, M).
        keys: What the scorer compares queries with (B, S, A).
        mask: True on real tokens (B, S).
    """

    values: Array
    keys: Array
    mask: Array


Attend = Callable[[Array], tuple[Array, Array]]
"""What a decoder's `step` is given: query (B, Q) -> context (B, M), attention (B, S)."""


def attend(xp: Namespace, scores: Array, memory: Memory) -> tuple[Array, Array]:
    """Turn scores (B, T, S) into attention (B, T, S), zero on padding, and the context that it selects (B, T, M)."""
    scores = xp.where(xp.expand_dims(memory.mask, axis=1), scores, LOWEST)
    attention = xp.softmax(scores)
    return xp.matmul(attention, memory.values), attention


def attend_step(
    xp: Namespace, scorer: Any, weights: Mapping[str, Array], query: Array, memory: Memory
) -> tuple[Array, Array]:
    """Attend with one query per row: query (B, Q) -> context (B, M), attention (B, S)."""
    scores = scorer.score(xp, weights, xp.expand_dims(query, axis=1), memory.keys)  # (B, 1, S)
    context, attention = attend(xp, scores, memory)
    return xp.squeeze(context, axis=1), xp.squeeze(attention, axis=1)

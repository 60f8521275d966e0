"""The portable scorer is the formula in its docstring."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s2s_cosine.scorer import CosineScorer
from s2s_toolkit.arrays import NumpyNamespace
from s2s_toolkit.config_sections import ModelConfig
from s2s_toolkit.errors import ConfigError
from s2s_toolkit.model import build_parts
from s2s_toolkit.registry import Registry
from s2s_toolkit.weights import initial_weights

XP = NumpyNamespace()
SAME = [[1, 0], [0, 1]]


def scored(scorer: CosineScorer, weights: dict[str, Any], query: Any, memory: Any) -> np.ndarray:
    """Scores of queries (B, T, Q) and memory (B, S, M) by way of the keys."""
    arrays = {name: np.asarray(value, np.float32) for name, value in weights.items()}
    keys = scorer.keys(XP, arrays, np.asarray(memory, np.float32))
    return scorer.score(XP, arrays, np.asarray(query, np.float32), keys)


def random_case(seed: int) -> tuple[CosineScorer, dict[str, np.ndarray], np.ndarray, np.ndarray]:
    """A scorer, its weights, queries (2, 11, 3) and memory (2, 4, 5)."""
    rng, scorer = np.random.default_rng(seed), CosineScorer(3, 5, size=7)
    weights = {name: rng.normal(size=weight.shape) for name, weight in scorer.weights().items()}
    return scorer, weights, rng.normal(size=(2, 11, 3)), rng.normal(size=(2, 4, 5))


def test_score_by_hand() -> None:
    weights = {"query.kernel": SAME, "key.kernel": SAME, "log_strength": [math.log(2)]}  # strength 10 · 2
    memory = [[6, 8], [0.4, -0.3], [-3, -4], [1, 0], [0, 2]]
    scores = scored(CosineScorer(2, 2, size=2), weights, [[[3, 4], [0, -1]]], [memory])
    expected = [[[20, 0, -20, 12, 16], [-16, 12, 16, 0, -20]]]
    np.testing.assert_allclose(scores, expected, atol=1e-4)


def test_query_and_memory_are_projected_by_their_own_kernels() -> None:
    weights = {"query.kernel": [[0, 1]], "key.kernel": [[1, 0], [0, 0], [0, 1]], "log_strength": [0]}
    scores = scored(CosineScorer(1, 3, size=2), weights, [[[5]]], [[[3, 9, 4], [1, 7, 0]]])  # [0, 5]; [3, 4], [1, 0]
    np.testing.assert_allclose(scores, [[[8, 0]]], atol=1e-5)


def test_score_is_the_formula_for_each_query_and_position() -> None:
    scorer, weights, queries, memory = random_case(1)
    keys = [[m @ weights["key.kernel"] for m in row] for row in memory]
    asked = [[q @ weights["query.kernel"] for q in row] for row in queries]
    strength = 10 * math.exp(weights["log_strength"][0])
    expected = [
        [[strength * (q @ k) / math.sqrt(q @ q) / math.sqrt(k @ k) for k in keys[row]] for q in asked[row]]
        for row in range(2)
    ]
    np.testing.assert_allclose(scored(scorer, weights, queries, memory), expected, rtol=1e-4, atol=1e-5)


@given(st.integers(0, 1000), st.floats(0.5, 1000), st.floats(0.5, 1000))
@settings(max_examples=50, deadline=None)
def test_only_directions_count(seed: int, query_factor: float, memory_factor: float) -> None:
    scorer, weights, queries, memory = random_case(seed)
    scores = scored(scorer, weights, queries, memory)
    scaled = scored(scorer, weights, queries * query_factor, memory * memory_factor)
    assert np.abs(scores).max() <= 10 * math.exp(weights["log_strength"][0]) * (1 + 1e-5)
    np.testing.assert_allclose(scaled, scores, rtol=1e-2, atol=1e-3)


def test_a_zero_vector_scores_zero() -> None:
    scorer, weights, queries, memory = random_case(1)
    queries[0, 3], memory[1, 2] = 0, 0
    scores = scored(scorer, weights, queries, memory)
    assert np.all(scores[0, 3] == 0)
    assert np.all(scores[1, :, 2] == 0)
    assert np.all(np.isfinite(scores))
    assert np.count_nonzero(scores) == scores.size - 4 - 11


def test_the_first_strength_lets_attention_prefer_a_position() -> None:
    """Of 10 positions the one that the query points at gets most of the attention, before any training."""
    first = initial_weights(CosineScorer(2, 2).weights(), seed=1)["log_strength"]
    weights = {"query.kernel": SAME, "key.kernel": SAME, "log_strength": first}
    scores = scored(CosineScorer(2, 2, size=2), weights, [[[1, 0]]], [[[1, 0], *[[0, 1]] * 9]])
    assert XP.softmax(scores)[0, 0, 0] > 0.99


@pytest.mark.parametrize(("option", "message"), [(0, "size must be at least 1, given 0"), ("7", "attention.size")])
def test_a_bad_size_is_refused(registry: Registry, option: Any, message: str) -> None:
    sections = {"encoder": {"name": "gru"}, "attention": {"name": "cosine", "size": option}}
    config = ModelConfig.model_validate({**sections, "decoder": {"name": "luong"}})
    with pytest.raises(ConfigError, match=message):
        build_parts(config, registry, "numpy")

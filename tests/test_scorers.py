"""Attention scorers: each is its formula in the paper."""

import math

import numpy as np
import pytest

from s2s_toolkit.arrays import NumpyNamespace
from s2s_toolkit.parts.scorers import AdditiveScorer, ConcatScorer, DotScorer, GeneralScorer, ScaledDotScorer

XP = NumpyNamespace()
QUERY_SIZE, MEMORY_SIZE, SIZE = 3, 5, 7
SCORERS = {
    "additive": lambda: AdditiveScorer(QUERY_SIZE, MEMORY_SIZE, size=SIZE),
    "dot": lambda: DotScorer(QUERY_SIZE, QUERY_SIZE),
    "general": lambda: GeneralScorer(QUERY_SIZE, MEMORY_SIZE),
    "scaled_dot": lambda: ScaledDotScorer(QUERY_SIZE, MEMORY_SIZE, size=SIZE),
    "concat": lambda: ConcatScorer(QUERY_SIZE, MEMORY_SIZE, size=SIZE),
}
FORMULAS = {
    "additive": lambda w, q, m: w["energy"] @ np.tanh(q @ w["query.kernel"] + m @ w["key.kernel"] + w["key.bias"]),
    "dot": lambda w, q, m: q @ m,
    "general": lambda w, q, m: q @ (m @ w["key.kernel"]),
    "scaled_dot": lambda w, q, m: (q @ w["query.kernel"]) @ (m @ w["key.kernel"]) / math.sqrt(SIZE),
    "concat": lambda w, q, m: w["energy"] @ np.tanh(np.concatenate([q, m]) @ w["kernel"]),
}
each_scorer = pytest.mark.parametrize("name", SCORERS)

# two queries and two memory positions, which every scorer below compares by hand
QUERIES = [[1, 2], [0, -1]]
MEMORY = [[3, 4], [5, 6]]


def scored(scorer, weights, queries, memory):
    """Scores of queries (B, T, Q) and memory (B, S, M) by way of the keys."""
    arrays = {name: np.asarray(value, np.float32) for name, value in weights.items()}
    keys = scorer.keys(XP, arrays, np.asarray(memory, np.float32))
    return scorer.score(XP, arrays, np.asarray(queries, np.float32), keys)


def test_dot_by_hand():
    assert scored(DotScorer(2, 2), {}, [QUERIES], [MEMORY]).tolist() == [[[3 + 8, 5 + 12], [-4, -6]]]


def test_general_by_hand():
    kernel = [[1, 0], [2, 1]]  # projects the memory to [11, 4] and [17, 6]
    assert scored(GeneralScorer(2, 2), {"key.kernel": kernel}, [QUERIES], [MEMORY]).tolist() == [[[19, 29], [-4, -6]]]


def test_scaled_dot_by_hand():
    weights = {"query.kernel": [[2, 0], [0, 1]], "key.kernel": [[1, 0], [0, 1]]}  # queries [2, 2] and [0, -1]
    expected = np.array([[[14, 22], [-4, -6]]]) / math.sqrt(2)
    np.testing.assert_allclose(scored(ScaledDotScorer(2, 2, size=2), weights, [QUERIES], [MEMORY]), expected, rtol=1e-6)


def test_additive_by_hand():
    weights = {"query.kernel": [[0.5], [0.25]], "key.kernel": [[0.1], [-0.2]], "key.bias": [0.3], "energy": [4]}
    # queries become 1 and -0.25; the memory -0.5 + 0.3 and -0.7 + 0.3
    expected = [[[4 * math.tanh(0.8), 4 * math.tanh(0.6)], [4 * math.tanh(-0.45), 4 * math.tanh(-0.65)]]]
    np.testing.assert_allclose(scored(AdditiveScorer(2, 2, size=1), weights, [QUERIES], [MEMORY]), expected, rtol=1e-6)


def test_concat_by_hand():
    weights = {"kernel": [[0.5], [0.25], [0.1], [-0.2]], "energy": [4]}  # as additive, without a bias
    expected = [[[4 * math.tanh(0.5), 4 * math.tanh(0.3)], [4 * math.tanh(-0.75), 4 * math.tanh(-0.95)]]]
    np.testing.assert_allclose(scored(ConcatScorer(2, 2, size=1), weights, [QUERIES], [MEMORY]), expected, rtol=1e-6)


@each_scorer
def test_score_is_the_formula_for_each_query_and_position(name):
    scorer, weights, queries, memory = random_case(name)
    scores = scored(scorer, weights, queries, memory)
    rows = zip(queries, memory, strict=True)
    expected = [[[FORMULAS[name](weights, q, m) for m in positions] for q in steps] for steps, positions in rows]
    assert scores.shape == (3, 11, 5)
    np.testing.assert_allclose(scores, expected, rtol=1e-5, atol=1e-6)


@each_scorer
def test_positions_are_scored_apart(name):
    """Every other position may be left out of the memory without changing the score of the rest."""
    scorer, weights, queries, memory = random_case(name)
    scores = scored(scorer, weights, queries, memory)
    np.testing.assert_allclose(scored(scorer, weights, queries, memory[:, ::2]), scores[..., ::2], atol=1e-6)


def random_case(name):
    """A scorer, its weights, queries (3, 11, Q) and memory (3, 5, M)."""
    rng, scorer = np.random.default_rng(1), SCORERS[name]()
    weights = {key: rng.normal(size=weight.shape) for key, weight in scorer.weights().items()}
    memory_size = QUERY_SIZE if name == "dot" else MEMORY_SIZE
    return scorer, weights, rng.normal(size=(3, 11, QUERY_SIZE)), rng.normal(size=(3, 5, memory_size))

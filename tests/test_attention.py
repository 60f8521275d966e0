"""Attention: what masking, softmax and the mean of the memory promise, whatever the scorer."""

import numpy as np
import pytest

from s2s_toolkit.arrays import NumpyNamespace
from s2s_toolkit.parts.attention import Memory, attend, attend_step
from s2s_toolkit.parts.scorers import GeneralScorer

XP = NumpyNamespace()
MASK = np.array([[True] * 5, [True, True, False, False, False], [True, False, False, False, False]])


@pytest.fixture
def memory():
    """Three sources of 5, 2 and 1 positions; M = 7."""
    values = np.random.default_rng(1).normal(size=(3, 5, 7)).astype(np.float32)
    return Memory(values, values, MASK)


@pytest.fixture
def scores():
    """Scores of 11 queries for every position (3, 11, 5)."""
    return np.random.default_rng(2).normal(0, 3, (3, 11, 5)).astype(np.float32)


def test_attention_and_context_of_a_hand_made_case():
    values = np.array([[[8, 0], [0, 4], [99, 99]]], np.float32)
    memory = Memory(values, values, np.array([[True, True, False]]))
    context, attention = attend(XP, np.log(np.array([[[3, 1, 50]]], np.float32)), memory)
    np.testing.assert_allclose(attention, [[[0.75, 0.25, 0]]], rtol=1e-6)
    np.testing.assert_allclose(context, [[[6, 1]]], rtol=1e-6)


def test_padding_receives_no_attention(memory, scores):
    _, attention = attend(XP, scores, memory)
    assert np.all(np.moveaxis(attention, 1, 2)[~MASK] == 0)


def test_attention_of_each_query_sums_to_one(memory, scores):
    _, attention = attend(XP, scores, memory)
    np.testing.assert_allclose(attention.sum(axis=-1), np.ones((3, 11)), rtol=1e-6)


def test_what_stands_on_padding_changes_nothing(memory, scores):
    other = Memory(np.where(MASK[..., None], memory.values, 1e6), memory.keys, MASK)
    changed = np.where(MASK[:, None], scores, 1e6)
    for one, two in zip(attend(XP, scores, memory), attend(XP, changed, other), strict=True):
        np.testing.assert_array_equal(one, two)


def test_single_real_position_receives_everything(memory, scores):
    context, attention = attend(XP, scores, memory)
    assert np.all(attention[2, :, 0] == 1)
    np.testing.assert_array_equal(context[2], np.broadcast_to(memory.values[2, 0], (11, 7)))


@pytest.mark.parametrize("shift", [-100, 100])
def test_adding_a_constant_to_scores_changes_nothing(memory, scores, shift):
    np.testing.assert_allclose(attend(XP, scores + shift, memory)[1], attend(XP, scores, memory)[1], atol=1e-4)


def test_very_low_scores_still_attend_to_real_positions(memory):
    _, attention = attend(XP, np.full((3, 1, 5), -1e8, np.float32), memory)
    np.testing.assert_allclose(attention[1, 0], [0.5, 0.5, 0, 0, 0])


def test_many_queries_at_once_equal_one_after_the_other(memory, scores):
    context, attention = attend(XP, scores, memory)
    for step in range(11):
        one_context, one_attention = attend(XP, scores[:, step : step + 1], memory)
        np.testing.assert_allclose(context[:, step : step + 1], one_context, atol=1e-6)
        np.testing.assert_array_equal(attention[:, step : step + 1], one_attention)


def test_one_step_scores_and_attends(memory):
    rng = np.random.default_rng(3)
    scorer, weights = GeneralScorer(3, 7), {"key.kernel": rng.normal(size=(7, 3)).astype(np.float32)}
    keys = scorer.keys(XP, weights, memory.values)
    query = rng.normal(size=(3, 3)).astype(np.float32)
    context, attention = attend_step(XP, scorer, weights, query, Memory(memory.values, keys, MASK))
    for row, length in enumerate((5, 2, 1)):
        exponentials = np.exp(memory.values[row, :length] @ weights["key.kernel"] @ query[row])
        expected = exponentials / exponentials.sum()
        np.testing.assert_allclose(attention[row, :length], expected, rtol=1e-4)
        np.testing.assert_allclose(context[row], expected @ memory.values[row, :length], rtol=1e-3, atol=1e-5)

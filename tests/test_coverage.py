"""The coverage penalty on hand-made attention, without a model."""

import numpy as np
import pytest

from s2s_toolkit.arrays import NumpyNamespace
from s2s_toolkit.errors import ConfigError
from s2s_toolkit.loading import make_strategy
from s2s_toolkit.strategies.coverage import Coverage
from s2s_toolkit.symbols import EOS, PAD

XP = NumpyNamespace()
SOURCES = np.array([[7, 8, EOS], [9, EOS, PAD]])


def covered(*attentions):
    """The penalty of weight 2 after steps of attention (B, K, S)."""
    coverage = Coverage(2.0)
    total = coverage.start(XP, SOURCES, rows=2)
    for attention in attentions:
        total = coverage.grown(XP, np.array(attention, np.float32), total)
    return coverage.score(XP, total)


def test_penalty_is_that_of_the_paper():
    """0.5 on one symbol and 0.2 on the other; then 0.3 and 0.7 more."""
    first = [[[0.5, 0.2, 0.3]] * 2, [[0.5, 0.5, 0]] * 2]
    np.testing.assert_allclose(covered(first)[:, 0], 2 * np.log([0.5 * 0.2, 0.5]), rtol=1e-6)
    second = [[[0.3, 0.7, 0]] * 2, [[0.1, 0.9, 0]] * 2]
    np.testing.assert_allclose(covered(first, second)[:, 0], 2 * np.log([0.8 * 0.9, 0.6]), rtol=1e-6)


def test_more_than_full_attention_and_the_ends_count_for_nothing():
    lavish = [[[1.0, 0, 0]] * 2, [[0.9, 0.1, 0]] * 2], [[[0.5, 0.5, 0]] * 2, [[0.9, 0.1, 0]] * 2]
    np.testing.assert_allclose(covered(*lavish)[:, 0], 2 * np.log([0.5, 1]), rtol=1e-6)


def test_a_symbol_without_attention_costs_much_but_leaves_an_order():
    none, one = covered(), covered([[[1.0, 0, 0]] * 2, [[0, 1.0, 0]] * 2])
    assert np.isfinite(none).all()
    assert none[0, 0] < one[0, 0] < 2 * np.log(1e-3)


def test_an_empty_source_costs_nothing():
    coverage = Coverage(2.0)
    assert coverage.score(XP, coverage.start(XP, np.array([[EOS, PAD]]), rows=1)).tolist() == [[0]]


@pytest.mark.parametrize("value", [-0.1, float("inf"), float("nan")])
def test_a_weight_that_can_not_work_is_refused(value, registry):
    with pytest.raises(ConfigError, match="coverage_penalty must be at least 0"):
        make_strategy("beam", {"coverage_penalty": value}, registry)

"""Decoding strategies on hand-made log-probabilities, without a model."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s2s_toolkit.arrays import SMALL_K, NumpyNamespace
from s2s_toolkit.errors import ConfigError
from s2s_toolkit.loading import make_strategy
from s2s_toolkit.search import allowed_log_probs, typed_settings
from s2s_toolkit.strategies.beam import BeamSearch
from s2s_toolkit.strategies.contract import NEVER, Step
from s2s_toolkit.strategies.greedy import Greedy
from s2s_toolkit.strategies.sample import Sample, inverted
from s2s_toolkit.symbols import EOS

XP = NumpyNamespace()
PROBABILITIES = np.array([0, 0.1, 0, 0.4, 0.3, 0.2])  # PAD UNK BOS EOS and two more
SOURCES = np.stack([np.arange(4, 4004), np.full(4000, EOS)], axis=1)


def logs(probabilities):
    """Log-probabilities, `NEVER` for what is impossible."""
    values = np.asarray(probabilities, np.float64)
    return np.where(values > 0, np.log(np.where(values > 0, values, 1)), NEVER).astype(np.float32)


def step(log_probs, number=0):
    """A step; the attention is on the first of two symbols."""
    attention = np.zeros((*np.shape(log_probs)[:2], 2), np.float32)
    attention[..., 0] = 1
    return Step(np.int64(number), log_probs, attention)


def first_symbols(strategy):
    """What each of 4000 sources draws first where every one has `PROBABILITIES`; (4000, N)."""
    log_probs = np.broadcast_to(logs(PROBABILITIES), (len(SOURCES), strategy.rows, len(PROBABILITIES)))
    return strategy.advance(XP, step(log_probs), strategy.start(XP, SOURCES), typed_settings(strategy, {})).ids


def test_greedy_takes_the_most_probable_symbol():
    greedy, sources = Greedy(), SOURCES[:2]
    log_probs = logs([[[0, 0, 0, 0.2, 0.5, 0.3]], [[0, 0.9, 0, 0.1, 0, 0]]])
    advance = greedy.advance(XP, step(log_probs), greedy.start(XP, sources), typed_settings(greedy, {}))
    assert advance.ids.tolist() == [[4], [1]]
    np.testing.assert_allclose(advance.search["scores"], np.log([[0.5], [0.9]]), rtol=1e-6)


def test_beam_ranks_all_successors_of_all_targets():
    beam = BeamSearch(beam_size=2)
    typed = typed_settings(beam, {})
    first = beam.advance(XP, step(logs([[[0, 0, 0, 0.1, 0.6, 0.3]] * 2])), beam.start(XP, SOURCES[:1]), typed)
    assert first.ids.tolist() == [[4, 5]]
    # 0.6 · 0.4 = 0.24 for each of two successors of the first target; 0.3 · 0.9 = 0.27 for one of the second
    second = beam.advance(
        XP, step(logs([[[0, 0, 0, 0.4, 0.4, 0.2], [0, 0, 0, 0.9, 0.05, 0.05]]]), 1), first.search, typed
    )
    assert second.ids.tolist() == [[EOS, EOS]]
    assert second.parents.tolist() == [[1, 0]]
    np.testing.assert_allclose(second.search["totals"], np.log([[0.27, 0.24]]), rtol=1e-5)


def test_length_penalty_prefers_the_longer_target():
    """Log-probabilities -1.0 at length 1 and -0.6 - 0.5 at length 2: divided by 1 and 7 / 6."""
    for penalty, scores in ((0.0, [-1.0, -1.1]), (1.0, [-1.1 * 6 / 7, -1.0])):
        beam = BeamSearch(beam_size=2, n_best=2, length_penalty=penalty)
        typed = typed_settings(beam, {})
        first = np.array([[[NEVER, NEVER, NEVER, -1.0, -0.6, NEVER]] * 2], np.float32)
        second = np.array([[[NEVER, NEVER, NEVER, -0.5, -5, -5]] * 2], np.float32)
        search = beam.advance(XP, step(first), beam.start(XP, SOURCES[:1]), typed).search
        search = beam.advance(XP, step(second, 1), search, typed).search
        np.testing.assert_allclose(beam.finish(XP, search, typed)[1], [scores], rtol=1e-6)


@pytest.mark.parametrize(
    ("live_total", "penalty", "done"),
    [(-2.1, 0.0, True), (-1.9, 0.0, False), (-2.1, 1.0, False), (-4.9, 1.0, False), (-5.2, 1.0, True)],
)
def test_beam_is_done_once_nothing_can_overtake(live_total, penalty, done):
    """The result has -2 at length 1; at length 10 the live target's total is divided by (15 / 6) ** penalty."""
    beam = BeamSearch(beam_size=2, length_penalty=penalty)
    totals = np.array([[-2.0, live_total]], np.float32)
    search = {"totals": totals, "scores": totals, "finished": np.array([[True, False]])}
    assert beam.done(XP, search, typed_settings(beam, {"max_length": 10})).tolist() == [done]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [0, 0.1, 0, 0.4, 0.3, 0.2]),
        ({"temperature": 0.5}, [0, 0.01 / 0.3, 0, 0.16 / 0.3, 0.09 / 0.3, 0.04 / 0.3]),
        ({"top_k": 3}, [0, 0, 0, 4 / 9, 3 / 9, 2 / 9]),
        ({"top_k": 99}, [0, 0.1, 0, 0.4, 0.3, 0.2]),
        ({"top_p": 0.5}, [0, 0, 0, 4 / 7, 3 / 7, 0]),
        ({"top_p": 0.5, "temperature": 0.5}, [0, 0, 0, 1, 0, 0]),
    ],
)
def test_samples_follow_the_distribution_that_is_asked_for(options, expected):
    counts, expected = np.bincount(first_symbols(Sample(**options))[:, 0], minlength=6), np.array(expected) * 4000
    possible = expected > 0
    assert counts[~possible].sum() == 0
    squares = (counts - expected)[possible] ** 2 / expected[possible]
    assert squares.sum() < 21.1  # exceeded by chance less than once in 10,000, at most 3 degrees of freedom


LAST = 1 - 2**-24  # the greatest number that is drawn


@given(
    st.lists(st.floats(0, 1, width=32), min_size=1, max_size=30).filter(lambda weights: sum(weights) > 1e-3),
    st.floats(2**-24, LAST) | st.just(LAST),
)
@settings(max_examples=300, deadline=None)
def test_a_number_draws_the_symbol_where_the_distribution_function_passes_it(weights, number):
    weights = np.array([[weights]], np.float32)
    drawn = inverted(XP, weights, np.array([[number]], np.float32))[0, 0]
    reached = np.cumsum(weights[0, 0], dtype=np.float64)
    assert weights[0, 0, drawn] > 0
    assert reached[drawn] - weights[0, 0, drawn] <= number * reached[-1] + 1e-5
    assert number * reached[-1] <= reached[drawn] + 1e-5


def test_a_cut_that_cuts_nothing_off_leaves_the_distribution_but_not_the_samples():
    """Only a cut needs the symbols in the order of their probability; else they are drawn in that of their ids."""
    uncut, uncutting = (first_symbols(Sample(**options))[:, 0] for options in ({}, {"top_k": 6}))
    assert np.any(uncut != uncutting)
    shares = np.bincount(uncut, minlength=6) / 4000, np.bincount(uncutting, minlength=6) / 4000
    np.testing.assert_allclose(*shares, atol=0.04)


def test_each_step_draws_anew():
    sample, never_end = Sample(), logs([[[0, 0, 0, 0, 0.5, 0.5]]] * 40)
    search, drawn = sample.start(XP, SOURCES[:40]), []
    for number in range(50):
        advance = sample.advance(XP, step(never_end, number), search, typed_settings(sample, {}))
        search = advance.search
        drawn.append(advance.ids[:, 0])
    repeated = np.mean(np.array(drawn[1:]) == np.array(drawn[:-1]))  # 1960 pairs of neighbouring steps
    assert repeated == pytest.approx(0.5, abs=0.045)


def test_sources_that_begin_alike_draw_apart():
    sample, sources = Sample(), np.stack([np.full(200, 4), np.arange(4, 204)], axis=1)
    log_probs = logs([[[0, 0, 0, 0, 0.5, 0.5]]] * 200)
    ids = sample.advance(XP, step(log_probs), sample.start(XP, sources), typed_settings(sample, {})).ids
    assert np.mean(ids == 4) == pytest.approx(0.5, abs=0.14)


def test_samples_of_one_source_differ():
    ids = first_symbols(Sample(num_samples=5))
    assert len(np.unique(ids, axis=0)) > 100
    pairs = np.mean(ids[:, 0] == ids[:, 1])
    assert pairs == pytest.approx((PROBABILITIES**2).sum(), abs=0.04)


@pytest.mark.parametrize("options", [{"top_k": 1}, {"top_p": 1e-6}, {"temperature": 0.01}])
def test_fully_cut_sample_is_the_most_probable_symbol(options):
    assert np.all(first_symbols(Sample(**options)) == EOS)


def test_lower_temperature_samples_the_best_more_often():
    shares = [np.mean(first_symbols(Sample(temperature=t)) == EOS) for t in (0.3, 1, 3)]
    assert shares[0] > shares[1] + 0.1 > shares[2] + 0.2


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        (
            "beam",
            {"beam_size": 3, "n_best": 5},
            "n_best must lie between 1 and beam_size, given n_best = 5, beam_size = 3",
        ),
        ("beam", {"length_penalty": -0.5}, "length_penalty must be at least 0, given -0.5"),
        ("beam", {"max_lenght": 7}, "unknown key 'decoding.max_lenght'; did you mean 'max_length'?"),
        ("greedy", {"beam_size": 3}, "unknown key 'decoding.beam_size'"),
        ("sample", {"temperature": 0.0}, "temperature must be above 0, given 0.0"),
        ("sample", {"top_p": 0.0}, "top_p must be above 0 and at most 1, given 0.0"),
        ("sample", {"seed": -1}, "seed must be at least 0 and below 2**31, given -1"),
        ("sample", {"seed": 2**31}, "'decoding.seed': a whole number is at most 2,147,483,647, given 2147483648"),
        ("sample", {"num_samples": 0}, "num_samples must be at least 1, given 0"),
    ],
)
def test_option_that_can_not_work_is_refused(name, options, message, registry):
    with pytest.raises(ConfigError) as caught:
        make_strategy(name, options, registry)
    assert message in str(caught.value)


def test_log_probabilities_are_those_of_the_symbols_that_may_stand_in_a_target():
    log_probs = allowed_log_probs(XP, np.log(np.array([[9, 1, 9, 4, 3, 2]], np.float32)))
    np.testing.assert_allclose(np.exp(log_probs), [[0, 0.1, 0, 0.4, 0.3, 0.2]], rtol=1e-6)


@given(st.lists(st.integers(-3, 3), min_size=SMALL_K + 4, max_size=SMALL_K + 4), st.integers(1, SMALL_K + 4))
@settings(max_examples=50, deadline=None)
def test_top_k_takes_the_largest_and_of_equal_ones_the_first(values, k):
    row = np.array([values], np.float32)
    expected = sorted(range(len(values)), key=lambda place: (-values[place], place))[:k]
    found, places = XP.top_k(row, k)
    assert places.tolist() == [expected]
    assert found.tolist() == [[values[place] for place in expected]]

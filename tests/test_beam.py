"""Beam search finds the best targets that there are: compared with all of them on tiny models."""

import numpy as np
import pytest

from s2s_toolkit.search import search
from s2s_toolkit.strategies.beam import BeamSearch
from s2s_toolkit.strategies.greedy import Greedy
from s2s_toolkit.symbols import BOS, EOS, PAD

LENGTHS = [7, 3, 0, 5, 1]
EVERY_TARGET = 150  # a beam that holds all targets of up to 4 symbols out of 4, finished or not


class PatientBeam(BeamSearch):
    """Goes on until every target has ended."""

    def done(self, xp, search, settings):
        return xp.all(search["finished"], axis=-1)


@pytest.fixture(scope="module")
def model(tiny_model):
    return tiny_model(target_size=9)


@pytest.fixture(scope="module")
def sources(tiny_sources):
    return tiny_sources(LENGTHS)


def decode(tiny, strategy, sources, *, max_length=8, prefixes=None, **settings):
    return search(tiny.stepper, strategy, *sources, {"max_length": max_length, **settings}, prefixes)


def targets(found):
    """The targets as tuples of ids, for each source (B lists of N)."""
    return [
        [tuple(ids[:length].tolist()) for ids, length in zip(row, lengths, strict=True)]
        for row, lengths in zip(found.ids, found.lengths, strict=True)
    ]


def all_targets(stepper, source_ids, source_lengths, max_length):
    """Every target of one source with its log-probability and its coverage: those that end, and those cut off.

    By plain recursion. The coverage is the sum of the attention over all steps, for each symbol of the source.
    """
    ended, cut = {}, {}

    def extend(prefix, total, coverage, state):
        logits, attention, state = stepper.step(np.array([prefix[-1] if prefix else BOS]), state)
        coverage = coverage + attention[0, : source_lengths[0] - 1]
        shifted = logits[0].astype(np.float64)
        shifted[[PAD, BOS]] = -np.inf
        log_probs = shifted - np.log(np.exp(shifted).sum())
        ended[prefix] = (total + log_probs[EOS], coverage)
        for symbol in (s for s in range(len(log_probs)) if s not in (PAD, BOS, EOS)):
            if len(prefix) + 1 == max_length:
                cut[(*prefix, symbol)] = (total + log_probs[symbol], coverage)
            else:
                extend((*prefix, symbol), total + log_probs[symbol], coverage, state)

    extend((), 0.0, 0.0, stepper.start(source_ids, source_lengths, 1))
    return ended, cut


def ranked(found, length_penalty=0.0, coverage_penalty=0.0, *, ends):
    """Targets and scores, best first; the end counts as a symbol."""
    scores = {
        target: total / ((5 + len(target) + ends) / 6) ** length_penalty
        + coverage_penalty * np.log(np.minimum(coverage, 1)).sum()
        for target, (total, coverage) in found.items()
    }
    return sorted(scores.items(), key=lambda item: -item[1])


def assert_best(found, row, ended, cut, **penalties):
    """The results for a source are the best of these targets, those that were cut off last."""
    expected = ranked(ended, **penalties, ends=True) + ranked(cut, **penalties, ends=False)
    count = min(found.ids.shape[1], len(expected))
    assert targets(found)[row][:count] == [target for target, _ in expected[:count]]
    np.testing.assert_allclose(found.scores[row, :count], [score for _, score in expected[:count]], rtol=1e-4)


@pytest.mark.parametrize("length_penalty", [0.0, 0.7, 2.0])
@pytest.mark.parametrize(("max_length", "n_best"), [(3, 5), (4, 11), (4, 40), (2, 20)])
@pytest.mark.parametrize("seed", [2, 5])
def test_wide_beam_equals_brute_force(seed, max_length, n_best, length_penalty, tiny_model, tiny_sources):
    tiny, sources = tiny_model(target_size=6, seed=seed), tiny_sources([3, 7], seed=seed)
    beam = BeamSearch(beam_size=EVERY_TARGET, n_best=n_best, length_penalty=length_penalty)
    found = decode(tiny, beam, sources, max_length=max_length)
    for row in range(2):
        every = all_targets(tiny.stepper, *(array[row : row + 1] for array in sources), max_length)
        assert_best(found, row, *every, length_penalty=length_penalty)


@pytest.mark.parametrize("coverage_penalty", [0.2, 1.0, 5.0])
@pytest.mark.parametrize("length_penalty", [0.0, 1.0])
@pytest.mark.parametrize("seed", [2, 5])
def test_wide_beam_with_coverage_equals_brute_force(seed, length_penalty, coverage_penalty, tiny_model, tiny_sources):
    tiny, sources = tiny_model(target_size=6, seed=seed), tiny_sources([3, 0, 7], seed=seed)
    penalties = {"length_penalty": length_penalty, "coverage_penalty": coverage_penalty}
    found = decode(tiny, BeamSearch(beam_size=EVERY_TARGET, n_best=20, **penalties), sources, max_length=4)
    for row in range(3):
        every = all_targets(tiny.stepper, *(array[row : row + 1] for array in sources), 4)
        assert_best(found, row, *every, **penalties)


PREFIXES = np.array([[4, 1, PAD], [5, PAD, PAD], [PAD, PAD, PAD], [5, 5, 4]])


def has_prefix(target, row):
    prefix = [symbol for symbol in PREFIXES[row].tolist() if symbol != PAD]
    return list(target[: len(prefix)]) == prefix


def repeats(target, size):
    ngrams = [target[start : start + size] for start in range(len(target) - size + 1)]
    return len(ngrams) > len(set(ngrams))


@pytest.mark.parametrize(
    ("keep", "options", "constraints"),
    [
        (lambda target, row, ends: len(target) + ends >= 3, {}, {"min_length": 3}),
        (lambda target, row, ends: len(target) + ends >= 4, {}, {"min_length": 4}),
        (lambda target, row, ends: has_prefix(target, row), {}, {"prefixes": PREFIXES}),
        (lambda target, row, ends: not repeats(target, 1), {"no_repeat_ngram_size": 1}, {}),
        (lambda target, row, ends: not repeats(target, 2), {"no_repeat_ngram_size": 2}, {}),
        (
            lambda target, row, ends: has_prefix(target, row) and len(target) + ends >= 3,
            {"coverage_penalty": 0.5},
            {"prefixes": PREFIXES, "min_length": 3},
        ),
    ],
)
@pytest.mark.parametrize("seed", [2, 5])
def test_wide_beam_finds_the_best_targets_that_satisfy_a_constraint(
    seed, keep, options, constraints, tiny_model, tiny_sources
):
    tiny, sources = tiny_model(target_size=6, seed=seed), tiny_sources([3, 7, 0, 2], seed=seed)
    beam = BeamSearch(beam_size=EVERY_TARGET, n_best=30, **options)
    found = decode(tiny, beam, sources, max_length=4, **constraints)
    for row in range(4):
        every = all_targets(tiny.stepper, *(array[row : row + 1] for array in sources), 4)
        ended, cut = (
            {target: values for target, values in found.items() if keep(target, row, ends)}
            for found, ends in zip(every, (True, False), strict=True)
        )
        penalties = {name: value for name, value in options.items() if name == "coverage_penalty"}
        assert_best(found, row, ended, cut, **penalties)


def test_brute_force_accounts_for_all_probability(tiny_model, tiny_sources):
    ended, cut = all_targets(tiny_model(target_size=6).stepper, *tiny_sources([3]), 4)
    assert (len(ended), len(cut)) == (1 + 3 + 9 + 27, 81)
    totals = [total for total, _ in (*ended.values(), *cut.values())]
    assert sum(np.exp(totals)) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("length_penalty", [0.0, 1.0])
def test_beam_of_one_equals_greedy(length_penalty, model, sources):
    beam = decode(model, BeamSearch(beam_size=1, length_penalty=length_penalty), sources)
    assert targets(beam) == targets(decode(model, Greedy(), sources))


def test_greedy_scores_equal_those_of_a_beam_of_one(model, sources):
    np.testing.assert_allclose(
        decode(model, BeamSearch(beam_size=1), sources).scores, decode(model, Greedy(), sources).scores, rtol=1e-6
    )


def test_beam_stops_before_its_last_target_ends(tiny_model, sources):
    early, late = (
        decode(tiny_model(), beam(beam_size=4), sources, max_length=50) for beam in (BeamSearch, PatientBeam)
    )
    assert early.ids.shape[2] < late.ids.shape[2]

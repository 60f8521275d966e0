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


def decode(tiny, strategy, sources, *, max_length=8, **settings):
    return search(tiny.stepper, strategy, *sources, {"max_length": max_length, **settings})


def targets(found):
    """The targets as tuples of ids, for each source (B lists of N)."""
    return [
        [tuple(ids[:length].tolist()) for ids, length in zip(row, lengths, strict=True)]
        for row, lengths in zip(found.ids, found.lengths, strict=True)
    ]


def all_targets(stepper, source_ids, source_lengths, max_length):
    """Every target of one source with its log-probability: those that end, and those cut off; by plain recursion."""
    ended, cut = {}, {}

    def extend(prefix, total, state):
        logits, _, state = stepper.step(np.array([prefix[-1] if prefix else BOS]), state)
        shifted = logits[0].astype(np.float64)
        shifted[[PAD, BOS]] = -np.inf
        log_probs = shifted - np.log(np.exp(shifted).sum())
        ended[prefix] = total + log_probs[EOS]
        for symbol in (s for s in range(len(log_probs)) if s not in (PAD, BOS, EOS)):
            if len(prefix) + 1 == max_length:
                cut[(*prefix, symbol)] = total + log_probs[symbol]
            else:
                extend((*prefix, symbol), total + log_probs[symbol], state)

    extend((), 0.0, stepper.start(source_ids, source_lengths, 1))
    return ended, cut


def ranked(totals, length_penalty, *, ends):
    """Targets and scores, best first; the end counts as a symbol."""
    scores = {t: total / ((5 + len(t) + ends) / 6) ** length_penalty for t, total in totals.items()}
    return sorted(scores.items(), key=lambda item: -item[1])


@pytest.mark.parametrize("length_penalty", [0.0, 0.7, 2.0])
@pytest.mark.parametrize(("max_length", "n_best"), [(3, 5), (4, 11), (4, 40), (2, 20)])
@pytest.mark.parametrize("seed", [2, 5])
def test_wide_beam_equals_brute_force(seed, max_length, n_best, length_penalty, tiny_model, tiny_sources):
    tiny, sources = tiny_model(target_size=6, seed=seed), tiny_sources([3, 7], seed=seed)
    beam = BeamSearch(beam_size=EVERY_TARGET, n_best=n_best, length_penalty=length_penalty)
    found = decode(tiny, beam, sources, max_length=max_length)
    for row in range(2):
        ended, cut = all_targets(tiny.stepper, *(array[row : row + 1] for array in sources), max_length)
        expected = ranked(ended, length_penalty, ends=True) + ranked(cut, length_penalty, ends=False)
        count = min(n_best, len(expected))
        assert targets(found)[row][:count] == [target for target, _ in expected[:count]]
        np.testing.assert_allclose(found.scores[row, :count], [score for _, score in expected[:count]], rtol=1e-4)


def test_brute_force_accounts_for_all_probability(tiny_model, tiny_sources):
    ended, cut = all_targets(tiny_model(target_size=6).stepper, *tiny_sources([3]), 4)
    assert (len(ended), len(cut)) == (1 + 3 + 9 + 27, 81)
    assert sum(np.exp([*ended.values(), *cut.values()])) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("length_penalty", [0.0, 1.0])
def test_beam_of_one_equals_greedy(length_penalty, model, sources):
    beam = decode(model, BeamSearch(beam_size=1, length_penalty=length_penalty), sources)
    assert targets(beam) == targets(decode(model, Greedy(), sources))


def test_greedy_scores_equal_those_of_a_beam_of_one(model, sources):
    np.testing.assert_allclose(
        decode(model, BeamSearch(beam_size=1), sources).scores, decode(model, Greedy(), sources).scores, rtol=1e-6
    )


@pytest.mark.parametrize("length_penalty", [0.0, 0.6, 1.5])
@pytest.mark.parametrize("seed", [2, 4, 5])
def test_stopping_early_changes_nothing(seed, length_penalty, tiny_model, sources):
    tiny, options = tiny_model(seed=seed), {"beam_size": 4, "n_best": 2, "length_penalty": length_penalty}
    early, late = (decode(tiny, beam(**options), sources, max_length=20) for beam in (BeamSearch, PatientBeam))
    assert targets(early) == targets(late)
    np.testing.assert_array_equal(early.scores, late.scores)


def test_beam_stops_before_its_last_target_ends(tiny_model, sources):
    early, late = (
        decode(tiny_model(), beam(beam_size=4), sources, max_length=50) for beam in (BeamSearch, PatientBeam)
    )
    assert early.ids.shape[2] < late.ids.shape[2]

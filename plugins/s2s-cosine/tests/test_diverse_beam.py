"""Diverse beam search is algorithm 1 of the paper: compared with it written with lists, on models that are tables."""

import math
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from s2s_cosine.diverse_beam import GREATEST, DiverseBeamSearch
from s2s_toolkit.errors import ConfigError
from s2s_toolkit.loading import make_strategy
from s2s_toolkit.registry import Registry
from s2s_toolkit.search import Hypotheses, search
from s2s_toolkit.strategies.beam import BeamSearch
from s2s_toolkit.strategies.contract import IMPOSSIBLE, NEVER, DecodingStrategy
from s2s_toolkit.symbols import BOS, EOS, PAD, UNK

VOCABULARY_SIZE, MAX_LENGTH = 8, 6
SYMBOLS = [symbol for symbol in range(VOCABULARY_SIZE) if symbol not in (PAD, BOS)]
shapes = st.sampled_from([(1, 1), (2, 1), (2, 2), (3, 1), (3, 2), (4, 1), (2, 7)])  # groups, targets in each
seeds, penalties = st.integers(0, 10_000), st.sampled_from([0.0, 0.1, 0.7, 3.0, 50.0])
length_penalties = st.sampled_from([0.0, 0.6, 2.0])
property_test = hypothesis_settings(max_examples=60, deadline=None)


class TableModel:
    """A model that knows the source, the step and the previous symbol: a stepper for `search`.

    Args:
        logits: (B, T, V, V), of each source, step and previous symbol.
    """

    vocabulary_size = VOCABULARY_SIZE

    def __init__(self, logits: np.ndarray) -> None:
        self.logits = logits

    def start(self, source_ids: np.ndarray, source_lengths: np.ndarray, copies: int) -> Any:
        return np.repeat(source_ids[:, 0] - SYMBOLS[-1], copies), 0

    def step(self, previous_ids: np.ndarray, state: Any) -> tuple[np.ndarray, np.ndarray, Any]:
        sources, number = state
        attention = np.full((len(sources), 2), 0.5, np.float32)
        return self.logits[sources, number, previous_ids], attention, (sources, number + 1)

    def select(self, state: Any, rows: np.ndarray) -> Any:
        return state  # rows stay within their source, which is all that is known


def random_model(seed: int, num_sources: int = 1) -> TableModel:
    shape = (num_sources, MAX_LENGTH, VOCABULARY_SIZE, VOCABULARY_SIZE)
    return TableModel(np.random.default_rng(seed).normal(0, 1.5, shape).astype(np.float32))


def model_of(*steps: dict[int, float]) -> TableModel:
    """The probabilities of each step, whatever the previous symbol."""
    logits = np.full((1, len(steps), VOCABULARY_SIZE, VOCABULARY_SIZE), NEVER, np.float32)
    for number, probabilities in enumerate(steps):
        for symbol, probability in probabilities.items():
            logits[0, number, :, symbol] = math.log(probability)
    return TableModel(logits)


def decode(model: TableModel, strategy: DecodingStrategy, prefixes: Any = None, **settings: float) -> Hypotheses:
    """Each source is named by a symbol of its own."""
    ids = np.stack([np.arange(len(model.logits)) + SYMBOLS[-1], np.full(len(model.logits), EOS)], axis=1)
    longest = {"max_length": model.logits.shape[1]}
    return search(model, strategy, ids, np.full(len(ids), 2), {**longest, **settings}, prefixes)


def results(found: Hypotheses, row: int = 0) -> list[tuple[tuple[int, ...], float]]:
    """Targets of a source with their scores; places that no target was found for are left out."""
    rows = zip(found.ids[row], found.lengths[row], found.scores[row], strict=True)
    return [(tuple(ids[:length].tolist()), float(score)) for ids, length, score in rows if score > IMPOSSIBLE]


@dataclass(frozen=True)
class Target:
    """Symbols, the end included, and their log-probability."""

    ids: tuple[int, ...] = ()
    total: float = 0.0

    @property
    def is_finished(self) -> bool:
        return self.ids[-1:] == (EOS,)

    def score(self, length_penalty: float) -> float:
        return self.total / ((5 + len(self.ids)) / 6) ** length_penalty


def algorithm_1(
    model: TableModel, *, groups: int, size: int, length_penalty: float, diversity_penalty: float
) -> list[tuple[tuple[int, ...], float]]:
    """All distinct targets that diverse beam search finds for the only source, best first; it never stops early."""
    allowed = model.logits[0].astype(np.float64)
    allowed[..., [PAD, BOS]] = -np.inf
    log_probs = allowed - np.log(np.exp(allowed).sum(axis=-1, keepdims=True))
    beams = [[Target()] for _ in range(groups)]
    for number in range(len(log_probs)):
        uses: Counter[int] = Counter()
        divisor = ((6 + number) / 6) ** length_penalty
        for group, beam in enumerate(beams):
            ranked = [(target.score(length_penalty), target) for target in beam if target.is_finished]
            for target in (target for target in beam if not target.is_finished):
                for symbol in SYMBOLS:
                    total = target.total + log_probs[number, (BOS, *target.ids)[-1], symbol]
                    guide = (total - diversity_penalty * uses[symbol]) / divisor
                    ranked.append((guide, Target((*target.ids, symbol), total)))
            ranked.sort(key=lambda pair: -pair[0])
            beams[group] = [target for _, target in ranked[:size]]
            uses.update(target.ids[-1] for target in beams[group] if len(target.ids) == number + 1)
    found = dict.fromkeys(target for beam in beams for target in beam)
    ordered = sorted(found, key=lambda target: (not target.is_finished, -target.score(length_penalty)))
    return [(target.ids[: -1 if target.is_finished else None], target.score(length_penalty)) for target in ordered]


@given(seeds, shapes, penalties, length_penalties, st.floats(0, 1))
@property_test
def test_search_equals_the_algorithm_with_lists(
    seed: int, shape: tuple[int, int], diversity_penalty: float, length_penalty: float, share: float
) -> None:
    """The share says how many of the targets are asked for, and so how early the search may stop."""
    groups, size = shape
    options = {"length_penalty": length_penalty, "diversity_penalty": diversity_penalty}
    n_best = max(1, round(share * groups * size))
    strategy = DiverseBeamSearch(beam_size=groups * size, num_groups=groups, n_best=n_best, **options)
    expected = algorithm_1(random_model(seed), groups=groups, size=size, **options)[:n_best]
    found = results(decode(random_model(seed), strategy))
    assert [target for target, _ in found] == [target for target, _ in expected]
    np.testing.assert_allclose([score for _, score in found], [score for _, score in expected], rtol=1e-4)


@pytest.mark.parametrize(
    ("penalty", "chosen"),
    [
        (0.0, [4]),  # all groups alike
        (0.2, [4]),
        (0.6, [4, 5]),  # above ln(0.5 / 0.3) = 0.51 the second group gives way, but not the third
        (1.0, [4, 5, 6]),  # above ln(0.5 / 0.2) = 0.92 the third does, too
    ],
)
def test_groups_in_turn_avoid_what_was_chosen(penalty: float, chosen: list[int]) -> None:
    strategy = DiverseBeamSearch(beam_size=3, num_groups=3, n_best=3, diversity_penalty=penalty)
    found = results(decode(model_of({4: 0.5, 5: 0.3, 6: 0.2}), strategy))
    assert [target for target, _ in found] == [(symbol,) for symbol in chosen]
    probabilities = {4: 0.5, 5: 0.3, 6: 0.2}  # the scores know nothing of the penalty
    np.testing.assert_allclose([score for _, score in found], [math.log(probabilities[s]) for s in chosen], rtol=1e-6)


def test_every_target_that_chose_a_symbol_counts() -> None:
    """The first group extends two targets by 6: that costs 2 · 0.5, and ln 0.7 - 1.0 < ln 0.3 < ln 0.7 - 0.5."""
    model = model_of({4: 0.5, 5: 0.5}, {6: 0.7, 7: 0.3})
    strategy = DiverseBeamSearch(beam_size=4, num_groups=2, n_best=4, diversity_penalty=0.5)
    found = [target for target, _ in results(decode(model, strategy))]
    assert set(found) == {(4, 6), (5, 6), (4, 7), (5, 7)}


def test_a_finished_target_costs_the_others_nothing() -> None:
    """The first group has ended at once. Where its end counted at each step, the second would choose 4 for ever."""
    model = model_of({EOS: 0.6, 4: 0.4}, {EOS: 0.6, 4: 0.4}, {EOS: 0.6, 4: 0.4})
    strategy = DiverseBeamSearch(beam_size=2, num_groups=2, n_best=2, diversity_penalty=1.0)
    assert [target for target, _ in results(decode(model, strategy))] == [(), (4,)]


@given(seeds, st.integers(1, 9), length_penalties, st.integers(0, 2), st.booleans())
@property_test
def test_one_group_is_beam_search(
    seed: int, beam_size: int, length_penalty: float, ngram_size: int, has_prefix: bool
) -> None:
    options: dict[str, Any] = {"beam_size": beam_size, "n_best": beam_size, "length_penalty": length_penalty}
    options["no_repeat_ngram_size"] = ngram_size
    prefixes = np.array([[5, UNK]]) if has_prefix else None
    model = random_model(seed)
    beam = decode(model, BeamSearch(**options), prefixes)
    diverse = decode(model, DiverseBeamSearch(**options, num_groups=1, diversity_penalty=0.7), prefixes)
    assert results(diverse) == results(beam)


@given(seeds, st.sampled_from([(2, 3), (3, 2), (4, 1)]), length_penalties)
@property_test
def test_without_a_penalty_every_group_is_the_same_beam_search(
    seed: int, shape: tuple[int, int], length_penalty: float
) -> None:
    """So the results are those of one group, each of them once."""
    (groups, size), model = shape, random_model(seed)
    beam = decode(model, BeamSearch(beam_size=size, n_best=size, length_penalty=length_penalty))
    strategy = DiverseBeamSearch(
        beam_size=groups * size,
        num_groups=groups,
        n_best=groups * size,
        length_penalty=length_penalty,
        diversity_penalty=0.0,
    )
    assert results(decode(model, strategy)) == results(beam)


@given(seeds, penalties, length_penalties, st.sampled_from([0, 1]))
@property_test
def test_groups_that_have_room_for_every_target_find_every_target(
    seed: int, diversity_penalty: float, length_penalty: float, ngram_size: int
) -> None:
    """6 + 5 · 5 targets of up to 2 symbols; the other rows of a group stand for none."""
    options: dict[str, Any] = {"length_penalty": length_penalty, "no_repeat_ngram_size": ngram_size, "n_best": 40}
    model = random_model(seed)
    beam = decode(model, BeamSearch(beam_size=40, **options), max_length=2)
    strategy = DiverseBeamSearch(beam_size=80, num_groups=2, diversity_penalty=diversity_penalty, **options)
    assert results(decode(model, strategy, max_length=2)) == results(beam)
    assert len(results(beam)) == {0: 31, 1: 26}[ngram_size]


@given(seeds, shapes, penalties, length_penalties)
@property_test
def test_results_are_distinct_and_have_their_own_log_probability_as_score(
    seed: int, shape: tuple[int, int], diversity_penalty: float, length_penalty: float
) -> None:
    beam_size = shape[0] * shape[1]
    strategy = DiverseBeamSearch(
        beam_size=beam_size,
        num_groups=shape[0],
        n_best=beam_size,
        length_penalty=length_penalty,
        diversity_penalty=diversity_penalty,
    )
    found = decode(random_model(seed), strategy)
    targets = [target for target, _ in results(found)]
    assert len(set(targets)) == len(targets)
    steps = (found.alignment[0] >= 0).sum(axis=-1)[: len(targets)]
    scores = found.token_log_probs[0].sum(axis=-1)[: len(targets)] / ((5 + steps) / 6) ** length_penalty
    np.testing.assert_allclose([score for _, score in results(found)], scores, rtol=1e-4)


@given(seeds)
@property_test
def test_under_the_greatest_penalty_groups_begin_with_different_symbols(seed: int) -> None:
    """There are 6 symbols to begin with, and one group for each."""
    strategy = DiverseBeamSearch(beam_size=6, num_groups=6, n_best=6, diversity_penalty=GREATEST)
    found = results(decode(random_model(seed), strategy, min_length=1))
    assert sorted((*target, EOS)[0] for target, _ in found) == SYMBOLS


@given(seeds, shapes, penalties)
@property_test
def test_sources_of_a_batch_are_decoded_apart(seed: int, shape: tuple[int, int], diversity_penalty: float) -> None:
    beam_size = shape[0] * shape[1]
    strategy = DiverseBeamSearch(
        beam_size=beam_size, num_groups=shape[0], n_best=beam_size, diversity_penalty=diversity_penalty
    )
    model = random_model(seed, num_sources=3)
    together = decode(model, strategy)
    for row in range(3):
        assert results(together, row) == results(decode(TableModel(model.logits[row : row + 1]), strategy))


@pytest.mark.parametrize(("asked", "counts_as"), [(0.0, 0.0), (2.5, 2.5), (-3.0, 0.0), (math.inf, GREATEST)])
def test_the_penalty_may_vary_from_call_to_call(asked: float, counts_as: float) -> None:
    shape = {"beam_size": 6, "num_groups": 2, "n_best": 6}
    for seed in range(30):
        found = decode(random_model(seed), DiverseBeamSearch(**shape), diversity_penalty=asked)
        expected = decode(random_model(seed), DiverseBeamSearch(**shape, diversity_penalty=counts_as))
        assert results(found) == results(expected)


def test_search_stops_once_nothing_can_overtake_the_results() -> None:
    """After a step the first group has the best result; of the two best, the second group goes on for the other."""
    model = model_of({EOS: 0.9, 4: 0.1}, *[{4: 0.99, EOS: 0.01}] * 5)
    steps = {
        n_best: decode(
            model, DiverseBeamSearch(beam_size=2, num_groups=2, n_best=n_best, diversity_penalty=9.0)
        ).ids.shape[2]
        for n_best in (1, 2)
    }
    assert steps == {1: 1, 2: 6}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"beam_size": 6, "num_groups": 4},
            "num_groups must be at least 1 and divide beam_size, given num_groups = 4, beam_size = 6",
        ),
        ({"num_groups": 0}, "num_groups must be at least 1 and divide beam_size, given num_groups = 0"),
        ({"num_groups": -3}, "num_groups must be at least 1"),
        ({"n_best": 7}, "n_best must lie between 1 and beam_size, given n_best = 7, beam_size = 6"),
        ({"beam_size": 0}, "n_best must lie between 1 and beam_size"),
        ({"length_penalty": -1.0}, "length_penalty must be at least 0, given -1.0"),
        ({"diversity_penalty": -0.5}, "diversity_penalty must lie between 0 and 1e+06, given -0.5"),
        ({"diversity_penalty": math.inf}, "diversity_penalty must lie between 0 and 1e+06, given inf"),
        ({"diversity_penalty": math.nan}, "diversity_penalty must lie between 0 and 1e+06, given nan"),
        ({"no_repeat_ngram_size": -1}, "no_repeat_ngram_size must be at least 0"),
        ({"num_group": 2}, "did you mean 'num_groups'"),
    ],
)
def test_bad_options_are_refused(registry: Registry, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as error:
        make_strategy("diverse_beam", options, registry)
    assert message in str(error.value)
    assert "\n" not in str(error.value)

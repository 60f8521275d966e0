"""A least length, prefixes and n-grams that may not repeat hold for every strategy, in a batch as alone."""

import itertools

import numpy as np
import pytest

from s2s_toolkit.arrays import NumpyNamespace
from s2s_toolkit.errors import ConfigError
from s2s_toolkit.loading import make_strategy
from s2s_toolkit.search import search, typed_settings
from s2s_toolkit.strategies.beam import BeamSearch
from s2s_toolkit.strategies.constraints import ConstrainedStrategy
from s2s_toolkit.strategies.contract import NEVER, Step
from s2s_toolkit.strategies.greedy import Greedy
from s2s_toolkit.strategies.sample import Sample
from s2s_toolkit.symbols import BOS, EOS, PAD, UNK

XP = NumpyNamespace()
LENGTHS = [7, 3, 0, 5, 1]
PREFIXES = np.array([[4, 4, 8, UNK], [PAD] * 4, [6, PAD, PAD, PAD], [7, 5, PAD, 8], [5, 7, 5, PAD]])
STRATEGIES = {
    "greedy": (Greedy, {}),
    "beam": (BeamSearch, {"beam_size": 4, "n_best": 3, "length_penalty": 0.6, "coverage_penalty": 0.3}),
    "sample": (Sample, {"num_samples": 3, "temperature": 1.5}),
    "cut sample": (Sample, {"num_samples": 2, "top_k": 5, "top_p": 0.95, "seed": 7}),
}
CONSTRAINTS = {
    "min_length": ({}, {"min_length": 6}),
    "prefixes": ({}, {"prefixes": PREFIXES}),
    "n-grams": ({"no_repeat_ngram_size": 2}, {}),
    "all": ({"no_repeat_ngram_size": 2}, {"min_length": 6, "prefixes": PREFIXES}),
}

each_strategy = pytest.mark.parametrize("strategy", STRATEGIES)
each_constraint = pytest.mark.parametrize("constraint", CONSTRAINTS)


@pytest.fixture(scope="module")
def sources(tiny_sources):
    return tiny_sources(LENGTHS)


@pytest.fixture(scope="module")
def model(tiny_model):
    return tiny_model(target_size=9)


@pytest.fixture(scope="module")
def rambling(tiny_model):
    """A model that hardly ever ends, and hardly ever says anything new."""
    tiny = tiny_model(target_size=9, spread=0.3)
    tiny.weights["output.bias"][EOS] = -20
    tiny.weights["output.bias"][4:6] = 5
    tiny.model.load_weights(tiny.weights)
    return tiny


@pytest.fixture(scope="module")
def hasty(tiny_model):
    """A model that ends at once."""
    tiny = tiny_model(target_size=9)
    tiny.weights["output.bias"][EOS] = 20
    tiny.model.load_weights(tiny.weights)
    return tiny


def decode(tiny, strategy, sources, *, max_length=9, prefixes=None, **given):
    return search(tiny.stepper, strategy, *sources, {"max_length": max_length, **given}, prefixes)


def made(name, **options):
    cls, own = STRATEGIES[name]
    return cls(**own, **options)


def targets(found):
    """The targets as tuples of ids, for each source (B lists of N)."""
    return [
        [tuple(ids[:length].tolist()) for ids, length in zip(row, lengths, strict=True)]
        for row, lengths in zip(found.ids, found.lengths, strict=True)
    ]


def prefix_of(row):
    """Up to the first PAD."""
    return tuple(itertools.takewhile(lambda symbol: symbol != PAD, PREFIXES[row].tolist()))


def repeated_ngrams(target, size):
    ngrams = [target[start : start + size] for start in range(len(target) - size + 1)]
    return {ngram for ngram in ngrams if ngrams.count(ngram) > 1}


# ---------------------------------------------------------------- least length


@pytest.mark.parametrize("min_length", [0, 1, 2, 5, 9])
@each_strategy
def test_no_target_is_shorter_than_the_least_length(strategy, min_length, hasty, sources):
    """Its end counts: where 1 is the least, the end may come at once, and the model wants it to."""
    found = decode(hasty, made(strategy), sources, min_length=min_length)
    assert np.all(found.lengths + 1 >= min_length)
    assert np.all(found.lengths[:, 0] + 1 == max(min_length, 1))


@pytest.mark.parametrize("strategy", ["greedy", "beam"])
def test_the_least_length_changes_no_target_that_has_it(strategy, model, sources):
    """Of a sample it does: what is left when the end is ruled out becomes more probable."""
    free = decode(model, made(strategy), sources)
    least = int(free.lengths.min()) + 1
    assert least < int(free.lengths.max()) + 1
    found = decode(model, made(strategy), sources, min_length=least)
    assert targets(found) == targets(free)
    np.testing.assert_array_equal(found.scores, free.scores)


# ---------------------------------------------------------------- prefixes


@each_strategy
def test_every_target_begins_with_its_prefix(strategy, model, sources):
    found = targets(decode(model, made(strategy), sources, prefixes=PREFIXES))
    assert [{target[: len(prefix_of(row))] for target in results} for row, results in enumerate(found)] == [
        {prefix_of(row)} for row in range(len(LENGTHS))
    ]


def test_the_targets_of_a_beam_differ_behind_their_prefix(model, sources):
    found = decode(model, BeamSearch(beam_size=4, n_best=4), sources, prefixes=PREFIXES)
    assert [len(set(results)) for results in targets(found)] == [4] * 5


@pytest.mark.parametrize("strategy", [Greedy(), BeamSearch(beam_size=3, n_best=3), Sample(num_samples=3)])
def test_a_prefix_counts_with_its_probability_under_the_model(strategy, model, sources):
    found = decode(model, strategy, sources, prefixes=PREFIXES)
    np.testing.assert_allclose(found.scores, found.token_log_probs.sum(axis=-1), rtol=1e-5)
    state, previous = model.stepper.start(*sources, 1), np.full(len(LENGTHS), BOS)
    for step in range(3):
        logits, _, state = model.stepper.step(previous, state)
        logits[:, [PAD, BOS]] = -np.inf
        log_probs = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        previous = PREFIXES[:, step]
        for row in (row for row in range(len(LENGTHS)) if step < len(prefix_of(row))):
            expected = log_probs[row, previous[row]]
            np.testing.assert_allclose(found.token_log_probs[row, :, step], expected, atol=1e-5)


@each_strategy
def test_a_target_that_is_its_own_prefix_is_found_again(strategy, model, sources):
    """What a strategy chose freely it chooses again where it is made to, from any place on."""
    free = decode(model, made(strategy), sources)
    for symbols in (1, 2, 4):
        again = decode(model, made(strategy), sources, prefixes=free.ids[:, 0, :symbols])
        if strategy == "greedy":
            assert targets(again) == targets(free)
            np.testing.assert_allclose(again.scores, free.scores, rtol=1e-6)
        assert [row[0][:symbols] for row in targets(again)] == [row[0][:symbols] for row in targets(free)]


@each_strategy
def test_a_prefix_without_symbols_changes_nothing(strategy, model, sources):
    free = decode(model, made(strategy), sources)
    for prefixes in (np.zeros((5, 0), np.int64), np.full((5, 3), PAD), np.zeros((1, 0), np.int64)):
        found = decode(model, made(strategy), sources, prefixes=prefixes)
        np.testing.assert_array_equal(found.ids, free.ids)
        np.testing.assert_array_equal(found.scores, free.scores)


@each_strategy
def test_one_prefix_may_serve_all_sources(strategy, model, sources):
    one = decode(model, made(strategy), sources, prefixes=np.array([[8, 4]]))
    each = decode(model, made(strategy), sources, prefixes=np.array([[8, 4]] * 5))
    np.testing.assert_array_equal(one.ids, each.ids)


@each_strategy
def test_a_prefix_is_cut_off_at_the_greatest_length(strategy, model, sources):
    found = decode(model, made(strategy), sources, max_length=2, prefixes=np.array([[8, 4, 6]] * 5))
    assert found.ids[:, 0].tolist() == [[8, 4]] * 5


# ---------------------------------------------------------------- n-grams


@pytest.mark.parametrize("size", [1, 2, 3])
@each_strategy
def test_no_ngram_stands_twice(strategy, size, rambling, sources):
    free = decode(rambling, made(strategy), sources, max_length=15)
    assert all(repeated_ngrams(target, size) for row in targets(free) for target in row)
    found = decode(rambling, made(strategy, no_repeat_ngram_size=size), sources, max_length=15)
    for target in itertools.chain(*targets(found)):
        assert not repeated_ngrams(target, size)
        assert len(target) >= size


@each_strategy
def test_a_target_ends_where_every_other_symbol_would_repeat(strategy, rambling, sources):
    """Six symbols may stand in a target, and each of them once: the seventh is the end, even if it is too early."""
    found = decode(rambling, made(strategy, no_repeat_ngram_size=1), sources, max_length=15, min_length=12)
    assert {tuple(sorted(target)) for target in itertools.chain(*targets(found))} == {(UNK, 4, 5, 6, 7, 8)}
    assert np.all(found.scores > NEVER / 2)


@each_strategy
def test_a_prefix_may_repeat_ngrams(strategy, model, sources):
    repeating = np.array([[4, 4, 4, 4, 5]] * 5)
    found = decode(model, made(strategy, no_repeat_ngram_size=2), sources, prefixes=repeating)
    for target in itertools.chain(*targets(found)):
        assert target[:5] == (4, 4, 4, 4, 5)
        assert repeated_ngrams(target, 2) == {(4, 4)}


def test_an_ngram_longer_than_every_target_blocks_nothing(model, sources):
    free = decode(model, Greedy(), sources, max_length=3)
    np.testing.assert_array_equal(decode(model, Greedy(no_repeat_ngram_size=5), sources, max_length=3).ids, free.ids)


# ---------------------------------------------------------------- all of them


@each_constraint
@each_strategy
def test_batched_equals_single(strategy, constraint, model, sources):
    options, given = CONSTRAINTS[constraint]
    strategy = made(strategy, **options)
    found = decode(model, strategy, sources, **given)
    for row, length in enumerate(LENGTHS):
        alone = dict(given)
        if "prefixes" in given:
            alone["prefixes"] = np.array([prefix_of(row)], np.int64)
        single = decode(model, strategy, (sources[0][row : row + 1, : length + 1], sources[1][row : row + 1]), **alone)
        assert targets(found)[row] == targets(single)[0]
        np.testing.assert_allclose(found.scores[row], single.scores[0], atol=1e-5)


@each_constraint
def test_beam_of_one_equals_greedy(constraint, rambling, sources):
    options, given = CONSTRAINTS[constraint]
    beam = decode(rambling, BeamSearch(beam_size=1, **options), sources, **given)
    greedy = decode(rambling, Greedy(**options), sources, **given)
    np.testing.assert_array_equal(beam.ids, greedy.ids)
    np.testing.assert_allclose(beam.scores, greedy.scores, rtol=1e-6)


@each_constraint
def test_fully_cut_sampling_equals_greedy(constraint, model, sources):
    options, given = CONSTRAINTS[constraint]
    sample = decode(model, Sample(top_k=1, **options), sources, **given)
    np.testing.assert_array_equal(sample.ids, decode(model, Greedy(**options), sources, **given).ids)


def test_log_probabilities_pass_unchanged_where_nothing_is_bound():
    """Not a copy either: what is not used costs no pass over them."""
    seen = []

    class Watching(Greedy):
        def advance(self, xp, step, search, settings):
            seen.append(step.log_probs)
            return super().advance(xp, step, search, settings)

    constrained = ConstrainedStrategy(XP, Watching(), typed_settings(Greedy(), {"min_length": 2}), np.array([[4]]))
    carried = constrained.start(np.array([[5, EOS]]))
    steps = [np.log(np.full((1, 1, 6), 1 / 6, np.float32)) for _ in range(3)]
    for number, log_probs in enumerate(steps):
        carried = constrained.advance(Step(np.int64(number), log_probs, np.ones((1, 1, 2))), carried).search
    assert [one is other for one, other in zip(seen, steps, strict=True)] == [False, True, True]


# ---------------------------------------------------------------- what can't work


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"min_length": 10}, "min_length must lie between 0 and max_length, which is 9; given 10"),
        ({"min_length": -1}, "min_length must lie between 0 and max_length, which is 9; given -1"),
        ({"min_length": 0.5}, "'min_length' takes an integer"),
        ({"max_length": 0}, "max_length must be at least 1, given 0"),
    ],
)
def test_lengths_that_no_target_can_have_are_refused(given, message, model, sources):
    with pytest.raises(ConfigError, match=message):
        decode(model, Greedy(), sources, **given)


@pytest.mark.parametrize("name", ["greedy", "beam", "sample"])
def test_ngrams_of_a_negative_size_are_refused(name, registry):
    with pytest.raises(ConfigError, match=r"\[decoding\] no_repeat_ngram_size must be at least 0.* given -1"):
        make_strategy(name, {"no_repeat_ngram_size": -1}, registry)

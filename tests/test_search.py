"""The decoding loop on tiny models: every strategy finds what it promises, in a batch as alone."""

import itertools

import numpy as np
import pytest

from s2s_toolkit.errors import ConfigError
from s2s_toolkit.search import search
from s2s_toolkit.strategies.beam import BeamSearch
from s2s_toolkit.strategies.greedy import Greedy
from s2s_toolkit.strategies.sample import Sample
from s2s_toolkit.symbols import BOS, EOS, PAD

LENGTHS = [7, 3, 0, 5, 1]
STRATEGIES = {
    "greedy": Greedy(),
    "beam": BeamSearch(beam_size=4, n_best=3, length_penalty=0.6),
    "sample": Sample(num_samples=3, temperature=1.3, top_k=5, top_p=0.95, seed=7),
}

each_strategy = pytest.mark.parametrize("strategy", STRATEGIES.values(), ids=STRATEGIES)


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


@each_strategy
def test_batched_equals_single(strategy, model, sources):
    found = decode(model, strategy, sources)
    for row, length in enumerate(LENGTHS):
        alone = decode(model, strategy, (sources[0][row : row + 1, : length + 1], sources[1][row : row + 1]))
        steps = alone.ids.shape[2]
        assert targets(found)[row] == targets(alone)[0]
        np.testing.assert_allclose(found.scores[row], alone.scores[0], atol=1e-5)
        np.testing.assert_allclose(found.token_log_probs[row, :, :steps], alone.token_log_probs[0], atol=1e-5)
        np.testing.assert_allclose(found.attention[row, :, :steps, : length + 1], alone.attention[0], atol=1e-5)
        assert not found.attention[row, :, :, length + 1 :].any()


@pytest.mark.parametrize("strategy", [Greedy(), Sample(num_samples=3), BeamSearch(beam_size=4, n_best=4)])
def test_score_is_the_sum_of_the_token_log_probabilities(strategy, model, sources):
    found = decode(model, strategy, sources)
    np.testing.assert_allclose(found.scores, found.token_log_probs.sum(axis=-1), rtol=1e-5)


@each_strategy
def test_token_log_probabilities_and_attention_are_those_of_the_model(strategy, model, sources):
    found = decode(model, strategy, sources)
    for row, result in itertools.product(range(len(LENGTHS)), range(found.ids.shape[1])):
        target, state = targets(found)[row][result], model.stepper.start(sources[0][[row]], sources[1][[row]], 1)
        for step, (previous, symbol) in enumerate(itertools.pairwise([BOS, *target, EOS][: found.ids.shape[2] + 1])):
            logits, attention, state = model.stepper.step(np.array([previous]), state)
            logits[0, [PAD, BOS]] = -np.inf
            log_probs = logits[0] - np.log(np.exp(logits[0]).sum())
            np.testing.assert_allclose(found.token_log_probs[row, result, step], log_probs[symbol], atol=1e-4)
            np.testing.assert_allclose(found.attention[row, result, step], attention[0], atol=1e-5)


@each_strategy
def test_attention_of_each_symbol_sums_to_one_and_ends_with_the_target(strategy, model, sources):
    found = decode(model, strategy, sources)
    real = np.arange(found.ids.shape[2]) <= found.lengths[..., None]
    np.testing.assert_allclose(found.attention.sum(axis=-1), real, atol=1e-6)


@each_strategy
def test_alignment_is_the_source_symbol_with_the_most_attention(strategy, model, sources):
    found = decode(model, strategy, sources)
    assert found.alignment.shape == found.ids.shape
    assert found.alignment.dtype == np.int64
    for row, result in itertools.product(range(len(LENGTHS)), range(found.ids.shape[1])):
        steps = min(found.lengths[row, result] + 1, found.ids.shape[2])
        expected = [int(weights.argmax()) for weights in found.attention[row, result, :steps]]
        assert found.alignment[row, result].tolist() == expected + [-1] * (found.ids.shape[2] - steps)
        assert max(expected) <= LENGTHS[row]


@pytest.mark.parametrize("max_length", [1, 2, 3])
@each_strategy
def test_targets_are_cut_off_at_the_greatest_length(strategy, max_length, tiny_model, sources):
    found = decode(endless(tiny_model), strategy, sources, max_length=max_length)
    assert found.ids.shape[2] == max_length
    assert np.all(found.lengths == max_length)
    assert np.all(found.token_log_probs < 0)


def endless(tiny_model):
    """A model that ends hardly ever."""
    tiny = tiny_model()
    tiny.weights["output.bias"][EOS] = -50
    tiny.model.load_weights(tiny.weights)
    return tiny


def test_another_seed_samples_other_targets(model, sources):
    assert targets(decode(model, Sample(seed=3), sources)) != targets(decode(model, Sample(seed=4), sources))


def test_first_samples_do_not_depend_on_how_many_are_drawn(model, sources):
    few, many = (targets(decode(model, Sample(num_samples=n, seed=3), sources)) for n in (2, 5))
    assert few == [row[:2] for row in many]


@pytest.mark.parametrize("options", [{"top_k": 1}, {"top_p": 1e-6}, {"temperature": 1e-3}])
def test_fully_cut_sampling_equals_greedy(options, model, sources):
    assert targets(decode(model, Sample(**options), sources)) == targets(decode(model, Greedy(), sources))


def test_unknown_setting_is_refused_with_those_there_are(model, sources):
    with pytest.raises(
        ConfigError, match=r"unknown setting 'top_q'; .* max_length, min_length, seed, temperature, top_k"
    ):
        decode(model, Sample(), sources, top_q=0.5)


def test_beam_size_is_no_setting(model, sources):
    """It is the shape of the graph of an exported file, so it is chosen with the strategy."""
    with pytest.raises(ConfigError, match="unknown setting 'beam_size'"):
        decode(model, BeamSearch(), sources, beam_size=3)

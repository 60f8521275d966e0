"""The parts of new packages do what they say: values computed by hand, and what must not change them."""

import re
from pathlib import Path

import numpy as np
import pytest

from s2s_toolkit.arrays import NumpyNamespace
from s2s_toolkit.batches import make_batch
from s2s_toolkit.config_sections import ModelConfig
from s2s_toolkit.loading import build_model, make_strategy
from s2s_toolkit.metrics import load_metric
from s2s_toolkit.model import ModelPlan, build_parts, declared_weights
from s2s_toolkit.strategies.contract import NEVER, DecodingStrategy, Step
from s2s_toolkit.symbols import EOS
from s2s_toolkit.testing.requirements import require
from s2s_toolkit.weights import initial_weights

XP = NumpyNamespace()


@pytest.mark.parametrize("framework", ["torch", "tensorflow"])
def test_new_parts_of_a_model_are_the_same_in_every_framework(framework, offered, parts):
    require(framework)
    plan, pairs = ModelPlan(new_model(parts), 11, 13), [([4, 5, 6, 7, 8], [9, 10]), ([], [5, 6, 7]), ([10, 9], [4])]
    weights = initial_weights(declared_weights(plan, build_parts(plan.config, offered, "numpy")), seed=3)
    models, batch = [build_model(plan, offered, name) for name in ("numpy", framework)], make_batch(pairs)
    for model in models:
        model.load_weights(weights)
    expected, found = (model.teacher_forced(batch) for model in models)
    for one, other in zip(expected, found, strict=True):
        np.testing.assert_allclose(other[batch.target_mask], one[batch.target_mask], atol=1e-5)


def test_scorer_divides_the_product_by_its_temperature(offered, parts):
    make, rng = offered.load("attention scorer", parts["attention scorer"]), np.random.default_rng(1)
    memory, query, kernel = (rng.normal(size=shape).astype("f") for shape in ((2, 5, 3), (2, 4, 7), (3, 7)))
    scorer, weights = make(7, 3, temperature=0.5), {"key.kernel": kernel}
    scores = scorer.score(XP, weights, query, scorer.keys(XP, weights, memory))
    np.testing.assert_allclose(scores, np.einsum("btq,bsm,mq->bts", query, memory, kernel) * 2, rtol=1e-4, atol=1e-5)


def test_encoder_sees_a_symbol_and_its_two_neighbours(offered, parts):
    encoder, rng = offered.load("encoder", parts["encoder"])(3, size=4), np.random.default_rng(1)
    weights, lengths = initial_weights(encoder.weights(), seed=1), np.array([7, 5])
    inputs = rng.normal(size=(2, 7, 3)).astype("f")
    changed = inputs.copy()
    changed[:, [3, 6]] += 1  # the second is padding of the shorter source
    memories = [encoder.encode(XP, weights, given, lengths)[0] for given in (inputs, changed)]
    differs = (memories[0] != memories[1]).any(axis=-1)
    assert np.flatnonzero(differs[0]).tolist() == [2, 3, 4, 5, 6]
    assert np.flatnonzero(differs[1]).tolist() == [2, 3, 4]
    assert (memories[0][1, 5:] == 0).all()


def test_decoder_computes_what_it_says(offered, parts):
    decoder, rng = offered.load("decoder", parts["decoder"])(3, 5, size=7), np.random.default_rng(1)
    w = {name: rng.normal(size=weight.shape).astype("f") for name, weight in decoder.weights().items()}
    previous, summary, context, given = (rng.normal(size=(2, size)).astype("f") for size in (3, 5, 5, 4))
    state, queries = decoder.start(XP, w, summary), []

    def attend(query):
        queries.append(query)
        return context, given

    readout, attention, new = decoder.step(XP, w, previous, state, attend)
    hidden = np.tanh(summary @ w["bridge.kernel"] + w["bridge.bias"])
    hidden = np.tanh(previous @ w["input.kernel"] + hidden @ w["hidden.kernel"] + w["hidden.bias"])
    assert attention is given
    assert (readout[:, 7:] == context).all()
    for found in (readout[:, :7], new["hidden"], *queries):
        np.testing.assert_allclose(found, hidden, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("penalty", "ids", "score"), [(0.0, [5, 5, 5], -1.5), (0.9, [5, 5, 5], -1.5), (1.1, [5, 4, 5], -2.5)]
)
def test_strategy_penalises_a_repeated_symbol_in_its_choice_but_not_in_its_score(penalty, ids, score, offered, parts):
    strategy = make_strategy(parts["decoding strategy"], {"repeat_penalty": penalty}, offered)
    assert decode(strategy, [NEVER, -9.0, NEVER, -9.0, -1.5, -0.5]) == (ids, score)


def test_strategy_repeats_what_alone_is_possible(offered, parts):
    strategy = make_strategy(parts["decoding strategy"], {"repeat_penalty": 1e6}, offered)
    assert decode(strategy, [NEVER] * 5 + [0.0]) == ([5, 5, 5], 0.0)


def test_strategy_adds_nothing_after_the_end(offered, parts):
    strategy = make_strategy(parts["decoding strategy"], {}, offered)
    assert decode(strategy, [NEVER, -9.0, NEVER, -0.5, -1.0, -9.0]) == ([EOS] * 3, -0.5)


@pytest.mark.parametrize(
    ("text", "symbols"), [("ka-me-ra", ["ka", "me", "ra"]), ("", []), ("-a--b ", ["a", "b "]), ("–", ["–"])]
)
def test_tokenizer_cuts_at_hyphens(text, symbols, offered, parts):
    tokenizer = offered.load("tokenizer", parts["tokenizer"])()
    assert tokenizer.split(text) == symbols
    assert tokenizer.split(tokenizer.join(symbols)) == symbols


@pytest.mark.parametrize(
    ("hypotheses", "references", "value"),
    [
        (["abc"], [["cab"]], 100),
        (["aab"], [["abb"]], 200 / 3),
        (["", "ab"], [["xy"], ["a"]], 40),
        (["ab"], [["x", "ba"]], 100),
        ([""], [[""]], 100),
    ],
)
def test_metric_counts_shared_symbols(hypotheses, references, value, offered, parts):
    assert load_metric(parts["metric"], offered)(hypotheses, references) == pytest.approx(value)


def test_exporter_writes_what_translates_alike_and_deflates(run, offered, parts, s2s):
    suffix = parts["exporter"]
    export = "export", run, "--format", suffix, "--framework", "numpy"
    assert s2s(*export, "--strategy", "greedy", parts=offered).exit_code == 0
    assert s2s(*export, "--deflate", "-o", f"small.{suffix}", parts=offered).exit_code == 0
    plain, small = run / f"model.{suffix}", Path(f"small.{suffix}")
    assert small.stat().st_size < plain.stat().st_size
    for model, original in ((plain, (run, "--strategy", "greedy")), (small, (run,))):
        found, expected = (s2s("translate", *m, stdin="12 ab\n\n7\n", parts=offered) for m in ((model,), original))
        assert found.stdout == expected.stdout


def test_exporter_refuses_a_damaged_file_in_one_line(run, offered, parts, s2s):
    path = run / f"model.{parts['exporter']}"
    assert s2s("export", run, "--format", parts["exporter"], parts=offered).exit_code == 0
    whole = bytearray(path.read_bytes())
    for damaged in (whole[:-30], whole.replace(b"symbols", b"sumbols"), b""):
        path.write_bytes(damaged)
        result = s2s("translate", path, stdin="12 ab\n", parts=offered)
        assert (result.exit_code, result.stdout) == (2, "")
        assert re.fullmatch(rf"s2s: {path} is damaged or none of ours .*\n", result.stderr)


def new_model(parts: dict[str, str]) -> ModelConfig:
    sections = {
        "encoder": {"name": parts["encoder"], "size": 3},
        "attention": {"name": parts["attention scorer"]},
        "decoder": {"name": parts["decoder"], "size": 7},
    }
    return ModelConfig.model_validate({"embedding_size": 5, **sections})


def decode(strategy: DecodingStrategy, log_probs: list[float]) -> tuple[list[int], float]:
    """Three steps of one row, each with the same log-probabilities; ids and score."""
    settings = {name: np.float32(value) for name, value in strategy.settings.items()}
    search, ids = strategy.start(XP, np.array([[4, 2]])), []
    for number in range(3):
        step = Step(np.array(number), np.array([[log_probs]], np.float32), np.ones((1, 1, 2), np.float32))
        advance = strategy.advance(XP, step, search, settings)
        search = advance.search
        ids.append(int(advance.ids[0, 0]))
    _, scores = strategy.finish(XP, search, settings)
    return ids, float(scores[0, 0])

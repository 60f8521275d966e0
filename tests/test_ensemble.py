"""Several models that decode as one: the mean of their probabilities, whatever they are made of."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import Result

from s2s_toolkit.arrays import NumpyNamespace
from s2s_toolkit.batches import make_batch
from s2s_toolkit.config import Config
from s2s_toolkit.ensemble import Ensemble, EnsembleStepper, mean_attention, mean_log_probs, require_alike
from s2s_toolkit.errors import ConfigError, UnsupportedError
from s2s_toolkit.loading import load_translator, make_strategy
from s2s_toolkit.opening import open_translator
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import Run, open_run
from s2s_toolkit.search import Hypotheses, allowed_log_probs, search
from s2s_toolkit.symbols import BOS, PAD
from s2s_toolkit.testing.requirements import require
from s2s_toolkit.testing.tiny_training import Recorder, train_tiny, write_tiny
from s2s_toolkit.testing.untrained_runs import TEXTS, assert_translations_agree, write_run
from s2s_toolkit.text import load_side

XP = NumpyNamespace()
STRATEGIES: dict[str, dict[str, Any]] = {
    "greedy": {},
    "beam": {"beam_size": 3, "n_best": 2, "coverage_penalty": 0.2},
    "sample": {"num_samples": 2, "temperature": 1.5, "top_k": 4},
}
LSTM = {"encoder": {"name": "lstm", "size": 4}, "decoder": {"name": "luong", "cell": "lstm", "size": 9}}

TinyModel = Any
Decode = Callable[..., Hypotheses]


@pytest.fixture
def members(tiny_model: Callable[..., TinyModel]) -> list[TinyModel]:
    """Models of three sizes and two architectures."""
    return [tiny_model(seed=1), tiny_model(seed=2, **LSTM), tiny_model(seed=3, attention={"name": "general"})]


@pytest.fixture
def decode(registry: Registry, tiny_sources: Callable[..., Any]) -> Decode:
    """Decode sources of some lengths with a stepper."""

    def run(stepper: Any, strategy: str = "beam", sources: slice = slice(None)) -> Hypotheses:
        ids, lengths = (array[sources] for array in tiny_sources([3, 0, 7, 1]))
        made = make_strategy(strategy, STRATEGIES[strategy], registry)
        return search(stepper, made, ids, lengths, {"max_length": 6})

    return run


def assert_alike(one: Hypotheses, other: Hypotheses) -> None:
    np.testing.assert_array_equal(one.ids, other.ids)
    for name in ("scores", "token_log_probs", "attention"):
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), atol=2e-6, err_msg=name)


def test_the_probability_is_the_mean_of_the_probabilities() -> None:
    probabilities = np.float32([[[0.7, 0.2, 0.1]], [[0.1, 0.8, 0.1]], [[0.25, 0.25, 0.5]]])
    found = np.exp(mean_log_probs(XP, list(np.log(probabilities))))
    np.testing.assert_allclose(found, [[0.35, 1.25 / 3, 0.7 / 3]], rtol=1e-6)
    np.testing.assert_allclose(mean_attention(list(probabilities)), found, rtol=1e-6)


def test_what_one_member_rules_out_another_may_still_choose() -> None:
    found = mean_log_probs(XP, [np.float32([0, -1e30, -200]), np.float32([-300, 0, -200])])
    np.testing.assert_allclose(found, [-np.log(2), -np.log(2), -200], rtol=1e-6)


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("times", [1, 2])
def test_an_ensemble_of_one_model_is_that_model(
    members: list[TinyModel], decode: Decode, strategy: str, times: int
) -> None:
    stepper = members[0].stepper
    assert_alike(decode(EnsembleStepper([stepper] * times), strategy), decode(stepper, strategy))


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_order_of_members_does_not_matter(members: list[TinyModel], decode: Decode, strategy: str) -> None:
    steppers = [member.stepper for member in members]
    assert_alike(decode(EnsembleStepper(steppers), strategy), decode(EnsembleStepper(steppers[::-1]), strategy))


@pytest.mark.parametrize("strategy", ["greedy", "beam"])
def test_batched_equals_single(members: list[TinyModel], decode: Decode, strategy: str) -> None:
    stepper = EnsembleStepper([member.stepper for member in members])
    together = decode(stepper, strategy)
    for row in range(4):
        alone = decode(stepper, strategy, slice(row, row + 1))
        for result in range(alone.ids.shape[1]):
            length = alone.lengths[0, result]
            assert together.lengths[row, result] == length
            np.testing.assert_array_equal(together.ids[row, result, :length], alone.ids[0, result, :length])
        np.testing.assert_allclose(together.scores[row], alone.scores[0], atol=1e-5)


def test_members_disagree_and_the_ensemble_is_none_of_them(members: list[TinyModel], decode: Decode) -> None:
    scores = [
        decode(stepper, "greedy").scores
        for stepper in (EnsembleStepper([m.stepper for m in members]), members[0].stepper)
    ]
    assert np.abs(scores[0] - scores[1]).max() > 0.1


def test_a_step_gives_the_mean_among_the_symbols_that_may_be_chosen(
    members: list[TinyModel], tiny_sources: Callable[..., Any]
) -> None:
    ids, lengths = tiny_sources([3, 5])
    stepper, previous = EnsembleStepper([member.stepper for member in members]), np.array([BOS, BOS])
    logits, attention, _ = stepper.step(previous, stepper.start(ids, lengths, 1))
    own = [m.stepper.step(previous, m.stepper.start(ids, lengths, 1)) for m in members]
    shares = np.stack([np.delete(each[0], (PAD, BOS), axis=1) for each in own])
    shares = np.exp(shares) / np.exp(shares).sum(axis=-1, keepdims=True)
    np.testing.assert_allclose(np.exp(np.delete(logits, (PAD, BOS), axis=1)), shares.mean(axis=0), atol=1e-6)
    assert (logits[:, [PAD, BOS]] < -1e29).all()
    np.testing.assert_allclose(attention, np.mean([each[1] for each in own], axis=0), atol=1e-6)
    np.testing.assert_allclose(attention.sum(axis=1), 1, atol=1e-6)


def test_given_targets_get_what_steps_give(members: list[TinyModel]) -> None:
    batch = make_batch([([4, 5, 6], [4, 5]), ([7], [6, 5, 4])])
    ensemble = Ensemble([member.model for member in members])
    logits, attention = ensemble.teacher_forced(batch)
    stepper = ensemble.stepper()
    state = stepper.start(batch.source_ids, batch.source_lengths, 1)
    for position in range(batch.target_in.shape[1]):
        step_logits, step_attention, state = stepper.step(batch.target_in[:, position], state)
        np.testing.assert_allclose(allowed_log_probs(XP, logits[:, position]), step_logits, atol=1e-5)
        np.testing.assert_allclose(attention[:, position], step_attention, atol=1e-6)
    sizes = [member.model.encode(batch.source_ids, batch.source_lengths).shape[-1] for member in members]
    assert ensemble.encode(batch.source_ids, batch.source_lengths).shape == (2, 4, sum(sizes))


@pytest.fixture
def other_run(tmp_path: Path, registry: Registry) -> Callable[..., Run]:
    """A run like `write_run`'s but for some settings of its text sections."""

    def make(source: dict[str, Any], **symbols: Any) -> Run:
        run = write_run(tmp_path / f"run{len(list(tmp_path.iterdir()))}", registry, **symbols)
        content = run.config.model_dump(mode="json")
        config = Config.model_validate({**content, "source": {**content["source"], **source}})
        return Run(run.path, config, load_side(config.source, registry, run.source.vocabulary), run.target)

    return make


@pytest.mark.parametrize(
    ("source", "symbols", "line"),
    [
        ({"lowercase": True}, {}, "its source has lowercase = True, not False"),
        ({"tokenizer": "words"}, {}, "its source has tokenizer = 'words', not 'characters'"),
        ({}, {"target_symbols": "xyz"}, "its target vocabulary has 7 symbols, not 13"),
        ({}, {"source_symbols": "abcdefh"}, "its source symbol 10 is 'h', not 'g'"),
    ],
)
def test_models_of_other_symbols_are_refused(
    other_run: Callable[..., Run], source: dict[str, Any], symbols: dict[str, Any], line: str
) -> None:
    run, other = other_run({}), other_run(source, **symbols)
    with pytest.raises(ConfigError, match=rf"{other.path} can't decode together with {run.path}: {line}"):
        require_alike(run, [other])


def test_how_a_vocabulary_was_chosen_does_not_matter(other_run: Callable[..., Run]) -> None:
    require_alike(other_run({}), [other_run({"max_size": 100, "min_frequency": 2})])


def test_members_may_be_trained_and_computed_in_different_frameworks(tmp_path: Path, registry: Registry) -> None:
    require("torch")
    require("tensorflow")
    runs = [write_run(tmp_path / name, registry, framework=name) for name in ("torch", "tensorflow")]
    model = write_run(tmp_path / "more", registry, target_symbols=[f"t{number}" for number in range(9)])
    several = [*runs, open_run(model.path, registry)]
    options = {"strategy": "beam", "options": {"beam_size": 3, "n_best": 2}}
    found = load_translator(several[0], registry, others=several[1:], **options)(TEXTS)
    expected = load_translator(several[0], registry, framework="numpy", **options)(TEXTS)
    assert_translations_agree(found, expected, "three times the same weights, in three frameworks")


@pytest.fixture
def another(folder: Path, run: Path) -> Path:
    """A run of another size and architecture beside the tiny one, on the same data."""
    config = write_tiny(folder, model=LSTM, training={"metric": "loss"})
    train_tiny(config, Recorder(), {}, run="another")
    return Path("another")


def test_the_command_line_decodes_with_several_runs(
    s2s: Callable[..., Result], run: Path, another: Path, registry: Registry
) -> None:
    others = [open_run(another, registry, checkpoint="last"), open_run(run, registry, checkpoint="last")]
    (expected,) = open_translator(run, registry, others=others, options={"n_best": 2})(["12 ab"])
    how = ("--ensemble", f"{another}:last", "--ensemble", f"{run}:last", "-O", "n_best=2")
    lines = s2s("translate", run, *how, stdin="12 ab\n").stdout.splitlines()
    assert [float(line.split("\t")[1]) for line in lines] == pytest.approx(
        [expected.score, expected.alternatives[0].score], abs=1e-5
    )
    assert s2s("evaluate", run, "--ensemble", another).exit_code == 0


def test_a_folder_with_a_colon_is_a_folder(s2s: Callable[..., Result], run: Path) -> None:
    shutil.copytree(run, "a:last")
    one, two = (
        s2s("translate", run, "--ensemble", name, "-O", "n_best=3", stdin="12 ab\n") for name in ("a:last", run)
    )
    assert one.stdout == two.stdout != ""


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("--ensemble", "gone"), "there is no run directory gone; `s2s train` makes one"),
        (("--ensemble", "run:x"), "run has no checkpoint 'x'; it has: best, last"),
        (("--checkpoint", "x"), "run has no checkpoint 'x'; it has: best, last"),
    ],
)
def test_what_is_not_there_is_told(
    refusal: Callable[..., str], run: Path, arguments: tuple[str, str], line: str
) -> None:
    for command in ("translate", "export", "evaluate"):
        assert refusal(command, run, *arguments) == line


def test_a_file_of_weights_holds_one_model(refusal: Callable[..., str], run: Path) -> None:
    line = refusal("export", run, "--format", "safetensors", "--ensemble", run)
    assert line == "a file of the format 'safetensors' holds one model; leave out --ensemble"


@pytest.mark.parametrize("given", [{"checkpoint": "last"}, {"others": [None]}])
def test_a_file_holds_its_own_models(registry: Registry, tmp_path: Path, given: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedError, match="leave out --framework, --strategy, --checkpoint and --ensemble"):
        open_translator(tmp_path / "a.onnx", registry, **given)

"""`s2s tune`: the same search gives the same trials, interrupted or not, and the best config is there to train with."""

import json
import sys
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from s2s_toolkit.metrics import ser
from s2s_toolkit.testing.little_room import little_room
from s2s_toolkit.testing.requirements import require

TRIES = ("--try", "training.learning_rate=1e-4..1e-1:log", "--try", "encoder.size=3,5")
TUNE = ("tune", "tiny.toml", *TRIES, "-o", "tune")


@pytest.fixture(autouse=True)
def needed():
    require("optuna")


@pytest.fixture
def tune(s2s, folder, tiny_run):
    """Search; the rows of the table."""

    def search(*arguments, **how):
        done = s2s(*TUNE, *arguments, **how)
        assert done.exit_code == 0, done.stderr
        header, *rows = [line.split("\t") for line in done.stdout.splitlines() if "\t" in line]
        assert header == ["trial", "loss", "state", "epochs", "training.learning_rate", "model.encoder.size"]
        return rows

    return search


def test_the_best_trial_comes_first_and_its_config_is_written(tune, s2s, folder):
    rows = tune("--trials", 3)
    values = [float(value) for _, value, *_ in rows]
    assert len(rows) == 3
    assert values == sorted(values)
    best = (folder / "tune" / "best.toml").read_text()
    assert best == (folder / "tune" / rows[0][0] / "config.toml").read_text()
    assert s2s("train", "tune/best.toml", "-o", "again").exit_code == 0
    assert losses(folder / "again") == losses(folder / "tune" / rows[0][0])
    assert min(losses(folder / "again")) == pytest.approx(values[0], abs=1e-4)


def test_what_is_tried_is_in_the_trials_configs(tune, folder):
    for name, _, _, _, rate, size in tune("--trials", 2):
        config = tomllib.loads((folder / "tune" / name / "config.toml").read_text())
        assert config["training"]["learning_rate"] == pytest.approx(float(rate), rel=1e-3)
        assert 1e-4 <= config["training"]["learning_rate"] <= 1e-1
        assert config["model"]["encoder"]["size"] == int(size)
        assert int(size) in (3, 5)


def test_one_seed_gives_the_same_search_and_another_another(tune):
    first, second = (sorted(tune("--trials", 2, "--force", "--seed", 5)) for _ in range(2))
    assert first == second
    assert sorted(tune("--trials", 2, "--force", "--seed", 6)) != first


def test_a_search_is_there_until_its_successor_is(tune, refusal, folder):
    tune("--trials", 1)
    before = {path: path.read_bytes() for path in (folder / "tune").rglob("*") if path.is_file()}
    with little_room():
        assert "File too large" in refusal(*TUNE, "--trials", 1, "--force")
    assert {path: path.read_bytes() for path in (folder / "tune").rglob("*") if path.is_file()} == before
    assert not list(folder.glob(".*"))


def test_a_search_that_was_interrupted_ends_as_the_undisturbed_one(tune, s2s, folder, with_part):
    """Six trials: in the last the pruner compares."""
    calls = []

    def interrupting(hypotheses, references):
        calls.extend([1] * (len(hypotheses) > 1))  # one pair alone is how a metric is tried before training
        if len(calls) == 11:
            calls.append(1)
            raise KeyboardInterrupt
        return ser.compute(hypotheses, references)

    parts = with_part("s2s_metrics", "fragile", replace(ser, name="fragile", compute=interrupting))
    how = ("--trials", 6, "--set", "training.metric=fragile", "--set", "training.max_epochs=2")
    stopped = s2s(*TUNE, *how, parts=parts)
    assert stopped.exit_code == 130
    assert stopped.stderr.splitlines()[-1] == "s2s: interrupted; --resume goes on with the search"
    resumed = s2s(*TUNE, *how, "--resume", parts=parts)
    assert "trials were made before" in resumed.stderr
    undisturbed = s2s("tune", "tiny.toml", *TRIES, "-o", "whole", *how, parts=parts)
    assert resumed.stdout.replace("tune/", "whole/") == undisturbed.stdout


def test_more_trials_can_be_made_later(tune):
    first, more = tune("--trials", 1), tune("--trials", 2, "--resume")
    assert len(more) == 2
    assert first[0] in more


def test_a_trial_that_a_config_refuses_is_told_and_the_search_goes_on(s2s, folder, tiny_run):
    """`dot` needs equal sizes, which few combinations have."""
    tries = ("--try", "decoder.size=16..40", "--try", "attention={name='general'},{name='dot'}")
    done = s2s("tune", "tiny.toml", *tries, "--trials", 4, "-o", "tune")
    assert done.exit_code == 0, done.stderr
    assert "'dot' needs a decoder state as large" in done.stderr
    states = [line.split("\t")[2] for line in done.stdout.splitlines()[1:] if "\t" in line]
    assert set(states) == {"finished", "failed"}
    assert states == sorted(states, reverse=True)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("--try", "training.lerning_rate=1e-4..1e-2"), "unknown key 'training.lerning_rate'; did you mean"),
        (("--try", "encoder.sise=3,5"), "unknown key 'model.encoder.sise'; did you mean 'size'?"),
        (("--try", "model.dropout=0.1..1.5"), "'model.dropout': input should be less than 1, given 1.5"),
        (("--try", "encoder.size=3.0..5.0"), "'model.encoder.size': input should be a valid integer"),
        (("--try", "attention.name=additive,foo"), "no attention scorer called 'foo'"),
        (("--try", "model.dropout=0.5..0.1"), "the range 0.5..0.1 is empty"),
        (("--try", "model.dropout=0.5"), "leaves nothing to choose"),
        (("--try", "training.metric=ser,wer"), "'training.metric' says which trial is better"),
        (("--try", "encoder.size=3,5", "--try", "model.encoder.size=7,11"), "'model.encoder.size' is tried twice"),
        (("--try", "encoder.size=3,5", "-o", "train.tsv"), "train.tsv exists and is not a search"),
        (("--try", "encoder.size=3,5", "-o", "."), ". exists and is not a search"),
        (("--try", "encoder.size=3,5", "--resume"), "there is no search in runs/tiny-tune to go on with"),
        (("--try", "encoder.size=3,5", "--set", "data.dev=no.tsv"), "no.tsv: No such file or directory"),
        (("--try", "encoder.size=3,5", "--framework", "numpy"), "the numpy reference does not train"),
    ],
)
def test_bad_input_is_one_line_before_anything_starts(refusal, arguments, line):
    assert line in refusal("tune", "tiny.toml", *arguments)


def test_an_existing_search_is_neither_replaced_nor_mixed_with_another(tune, s2s):
    tune("--trials", 1)
    assert "tune exists; give --force to replace it" in s2s(*TUNE, "--trials", 1).stderr
    other = s2s(*TUNE, "--trials", 2, "--resume", "--set", "training.batch_size=7")
    assert "can't go on with tune: the config or what is tried differs" in other.stderr


def test_without_optuna_it_is_said_how_to_install_it(refusal, monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    assert 'pip install "s2s-toolkit[tune]"' in refusal(*TUNE)


def losses(run: Path) -> list[float]:
    return [json.loads(line)["value"] for line in (run / "metrics.jsonl").read_text().splitlines()]

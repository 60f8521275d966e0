"""A checkpoint before the last one is kept, and a training goes on from it where the last one is damaged."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from s2s_toolkit.checkpoint_names import checkpoint_names
from s2s_toolkit.errors import RunError
from s2s_toolkit.observers import Observer
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import load_checkpoint
from s2s_toolkit.testing.tiny_training import trainer, write_tiny

STEPS, KEEPING = 15, {"max_epochs": 3, "patience": 0, "keep_best": 2, "checkpoint_every": 2, "moving_average": 0.9}
"""Validated after steps 5, 10 and 15, with a checkpoint after every other one beside."""


@pytest.fixture
def train(s2s: Callable[..., Result], tmp_path: Path) -> Callable[..., Result]:
    config = write_tiny(tmp_path, training=KEEPING)
    return lambda name, *how: s2s("train", config, "--framework", trainer(), "-o", tmp_path / name, *how)


def checkpoint(run: Path, name: str) -> Path:
    return run / "checkpoints" / f"{name}.safetensors"


def content(run: Path, name: str) -> tuple[int, dict[str, Any]]:
    """The step of a checkpoint, and all its arrays."""
    found = load_checkpoint(checkpoint(run, name))
    return found.progress.get("step", 0), {name: a.tolist() for name, a in {**found.weights, **found.optimizer}.items()}


def damage(path: Path) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))


def test_a_damaged_last_checkpoint_is_refused_and_the_one_before_leads_to_the_same_end(
    train: Callable[..., Result], tmp_path: Path
) -> None:
    whole, run = tmp_path / "whole", tmp_path / "run"
    assert train("whole").exit_code == train("run", "--set=training.max_steps=11").exit_code == 0
    assert (content(run, "last")[0], content(run, "previous")[0]) == (11, 10)
    damage(checkpoint(run, "last"))
    refused = train("run", "--resume")
    assert (refused.exit_code, refused.stderr.count("\n")) == (2, 1)
    assert "last.safetensors is damaged" in refused.stderr
    assert refused.stderr.endswith("; --resume --previous goes on from the one before\n")
    resumed = train("run", "--resume", "--previous")
    assert resumed.exit_code == 0
    assert "resumed after 10 of 15 steps" in resumed.stderr
    assert checkpoint_names(run) == checkpoint_names(whole)
    for name in checkpoint_names(whole):
        assert content(run, name) == content(whole, name), name
    steps = [[json.loads(line)["step"] for line in (each / "metrics.jsonl").open()] for each in (run, whole)]
    assert steps == [[5, 10, 15]] * 2


def test_the_one_before_takes_the_place_of_the_last_one(train: Callable[..., Result], tmp_path: Path) -> None:
    run = tmp_path / "run"
    assert train("run", "--set=training.max_steps=7").exit_code == 0
    before = content(run, "previous")
    assert train("run", "--resume", "--previous", "--set=training.max_steps=6").exit_code == 0
    assert content(run, "last") == before
    assert checkpoint_names(run)[:2] == ["best", "last"]


def test_where_there_is_no_other_none_is_named(train: Callable[..., Result], tmp_path: Path) -> None:
    assert train("run", "--set=training.max_steps=1").exit_code == 0
    refused = train("run", "--resume", "--previous")
    assert refused.exit_code == 2
    assert "it has no previous.safetensors, which a training's second checkpoint leaves" in refused.stderr
    damage(checkpoint(tmp_path / "run", "last"))
    assert "--previous" not in train("run", "--resume").stderr


def test_a_missing_last_checkpoint_is_told_with_the_one_before(train: Callable[..., Result], tmp_path: Path) -> None:
    assert train("run", "--set=training.max_steps=3").exit_code == 0
    checkpoint(tmp_path / "run", "last").unlink()
    refused = train("run", "--resume")
    assert "it has no last.safetensors; --resume --previous goes on from the one before\n" in refused.stderr


def test_it_says_from_where_to_resume_and_nothing_else(train: Callable[..., Result], tmp_path: Path) -> None:
    done = train("run", "--previous")
    assert done.exit_code == 2
    assert "--previous says from which checkpoint --resume goes on; give both" in done.stderr
    assert not (tmp_path / "run").exists()


def test_a_start_that_fails_leaves_both(
    train: Callable[..., Result], with_part: Callable[..., Registry], s2s: Callable[..., Result], tmp_path: Path
) -> None:
    class Failing(Observer):
        def on_start(self, event: object) -> None:
            raise RunError("not today")

    assert train("run", "--set=training.max_steps=7").exit_code == 0
    run, names = tmp_path / "run", ("best", "last", "previous")
    before = [content(run, name) for name in names]
    parts = with_part("s2s_training_observers", "failing", Failing)
    how = ("--framework", trainer(), "-o", run, "--resume", "--previous", "--observer", "failing")
    refused = s2s("train", tmp_path / "tiny.toml", *how, parts=parts)
    assert [content(run, name) for name in names] == before
    assert not list(run.rglob(".*"))
    assert (refused.exit_code, train("run", "--resume", "--previous").exit_code) == (2, 0)


@pytest.mark.parametrize("is_whole", [True, False])
def test_a_kill_between_both_names_leaves_the_checkpoint_before_the_last_one(
    train: Callable[..., Result], tmp_path: Path, is_whole: bool
) -> None:
    """Where the last one has its name and the one before has none yet, which may be a part of a copy."""
    run = tmp_path / "run"
    assert train("run").exit_code == train("older", "--set=training.max_steps=10").exit_code == 0
    expected, older = content(run, "previous"), content(tmp_path / "older", "last")
    assert (expected[0], older[0]) == (14, 10)
    file = checkpoint(run, "previous").rename(run / "checkpoints" / f".partial-{'0' * 16}-previous.safetensors")
    if not is_whole:
        file.write_bytes(file.read_bytes()[:-1])
    shutil.copy(checkpoint(tmp_path / "older", "last"), checkpoint(run, "previous"))
    assert train("run", "--resume").exit_code == 0
    assert content(run, "previous") == (expected if is_whole else older)
    assert not file.exists()

"""A run directory belongs to one training at a time."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from s2s_toolkit.files import OLD, PARTIAL, beside
from s2s_toolkit.observers import BatchStep, Observer, Start
from s2s_toolkit.registry import Registry
from s2s_toolkit.testing.tiny_training import trainer, write_tiny

S2S, WithPart = Callable[..., Result], Callable[..., Registry]


@pytest.mark.parametrize("how", ["--resume", "--force"])
def test_the_second_one_is_refused_and_the_first_goes_on(
    s2s: S2S, with_part: WithPart, tmp_path: Path, how: str
) -> None:
    command = ("train", write_tiny(tmp_path), "--framework", trainer(), "-o", tmp_path / "run")
    results: list[Result] = []

    class Second(Observer):
        """Starts the same training once more in the middle of the second epoch, where there is a checkpoint."""

        def on_step(self, event: BatchStep) -> None:
            if event.step == 7:
                results.append(s2s(*command, how))

    parts = with_part("s2s_training_observers", "second", Second)
    first = s2s(*command, "--observer", "second", parts=parts)
    assert first.exit_code == 0
    assert [result.exit_code for result in results] == [2]
    assert f"another training works in {tmp_path / 'run'}; wait for its end" in results[0].stderr
    assert not list(tmp_path.rglob("*.lock"))


@pytest.mark.parametrize("how", ["--resume", "--force"])
def test_what_a_training_moves_as_it_begins_is_its_own(s2s: S2S, with_part: WithPart, tmp_path: Path, how: str) -> None:
    run = tmp_path / "run"
    command = ("train", write_tiny(tmp_path), "--framework", trainer(), "-o", run)
    assert s2s(*command).exit_code == 0
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    results: list[Result] = []

    class Second(Observer):
        """Starts the same training once more while the run before lies aside, and then lets the first one fail."""

        def on_start(self, event: Start) -> None:
            results.append(s2s(*command, how))
            raise ValueError("no")

    parts = with_part("s2s_training_observers", "second", Second)
    assert s2s(*command, "--force", "--observer", "second", parts=parts).exit_code == 2
    assert [result.exit_code for result in results] == [2]
    assert f"another training begins in {run}; wait for its end" in results[0].stderr
    assert {path: path.read_bytes() for path in run.rglob("*") if path.is_file()} == before
    assert {path.name for path in tmp_path.iterdir()} == {"tiny.toml", "train.tsv", "dev.tsv", "run"}


def test_what_a_killed_training_left_is_no_hindrance(s2s: S2S, tmp_path: Path) -> None:
    command = ("train", write_tiny(tmp_path), "--framework", trainer(), "-o", tmp_path / "run")
    assert s2s(*command).exit_code == 0
    (tmp_path / "run" / "training.lock").touch()
    assert s2s(*command, "--resume", "--set=training.max_epochs=9").exit_code == 0
    (tmp_path / "run" / "training.lock").touch()
    assert s2s(*command, "--force").exit_code == 0


def test_a_run_that_was_to_be_replaced_comes_back_where_its_successor_is_not_there(s2s: S2S, tmp_path: Path) -> None:
    """A training with --force was killed between the two."""
    run = tmp_path / "run"
    command = ("train", write_tiny(tmp_path), "--framework", trainer(), "-o", run)
    assert s2s(*command).exit_code == 0
    before = (run / "checkpoints" / "best.safetensors").read_bytes()
    run.rename(beside(run, OLD))
    beside(run, PARTIAL).mkdir()
    (tmp_path / ".run.training.lock").touch()
    assert s2s(*command, "--resume").exit_code == 0
    assert (run / "checkpoints" / "best.safetensors").read_bytes() == before
    beside(run, OLD).mkdir()
    assert s2s(*command, "--resume").exit_code == 0
    assert {path.name for path in tmp_path.iterdir()} == {"tiny.toml", "train.tsv", "dev.tsv", "run"}


def test_what_a_killed_training_was_writing_goes_and_what_an_export_writes_stays(s2s: S2S, tmp_path: Path) -> None:
    run = tmp_path / "run"
    command = ("train", write_tiny(tmp_path), "--framework", trainer(), "-o", run)
    assert s2s(*command).exit_code == 0
    written = [run / "checkpoints" / "last.safetensors", run / "run.json", run / "config.toml", run / "metrics.jsonl"]
    for path in (*written, run / "model.onnx", tmp_path / "another"):
        beside(path, PARTIAL).touch()
    assert s2s(*command, "--resume").exit_code == 0
    left = {path.name.rpartition("-")[2] for path in tmp_path.rglob(".*")}
    assert left == {"model.onnx", "another"}

"""A training whose disk fills up, or whose directory goes, ends in one line and can go on from its last checkpoint."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from s2s_toolkit.observers import BatchStep, End, Observer, Saved, Start
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import load_checkpoint
from s2s_toolkit.testing.little_room import little_room
from s2s_toolkit.testing.tiny_training import trainer, write_tiny

S2S, WithPart = Callable[..., Result], Callable[..., Registry]
TRAINING = {"max_epochs": 3, "patience": 0, "checkpoint_every": 2, "keep_best": 2}
"""5 steps an epoch, 15 in all: checkpoints after the even ones, validations after 5, 10 and 15."""
NOBODY = 65534
"""A user that owns nothing, as whom an administrator is to meet a folder that can't be written to."""


class Disturber(Observer):
    """Brings a fault about after a step, until the training ends.

    Args:
        at: The step.
        fault: Which.
    """

    def __init__(self, *, at: int = 0, fault: str = "full") -> None:
        self.at, self.fault, self.held = at, fault, ExitStack()

    def on_start(self, event: Start) -> None:
        self.run = event.run.path

    def on_step(self, event: BatchStep) -> None:
        if event.step != self.at:
            return
        if self.fault == "full":
            self.held.enter_context(little_room())
        elif self.fault == "removed":
            shutil.rmtree(self.run)
        else:
            self.held.enter_context(read_only(self.run))

    def on_error(self, error: BaseException) -> None:
        self.held.close()


class read_only:  # noqa: N801  (a context)
    """A run directory that can't be written to, by its permissions or, for an administrator, as nobody."""

    def __init__(self, run: Path) -> None:
        self.folders = [run, run / "checkpoints"]

    def __enter__(self) -> None:
        for folder in self.folders:
            folder.chmod(0o555)
        if os.geteuid() == 0:
            os.seteuid(NOBODY)

    def __exit__(self, *error: object) -> None:
        if os.getuid() == 0:
            os.seteuid(0)
        for folder in self.folders:
            folder.chmod(0o755)


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that everybody can look into."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture
def train(s2s: S2S, with_part: WithPart, place: Path) -> Callable[..., Result]:
    parts = with_part("s2s_training_observers", "disturber", Disturber)
    config = write_tiny(place, training=TRAINING)

    def call(name: str, *arguments: str, **options: Any) -> Result:
        wanted = [f"--set=observers.disturber.{option}={value}" for option, value in options.items()]
        return s2s("train", config, "--framework", trainer(), "-o", place / name, *wanted, *arguments, parts=parts)

    return call


def left_by(run: Path) -> dict[str, Any]:
    """What a run holds that no clock enters."""
    names = sorted(str(path.relative_to(run)) for path in run.rglob("*"))
    arrays = {}
    for path in (run / "checkpoints").iterdir():
        found = load_checkpoint(path)
        arrays[path.stem] = {name: a.tolist() for name, a in {**found.weights, **found.optimizer}.items()}
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    return {"names": names, "arrays": arrays, "lines": [(line["step"], line["dev_loss"]) for line in lines]}


def refused_in_one_line(done: Result) -> str:
    """The line, which follows those of the training."""
    assert done.exit_code == 2, done.stderr
    said = [line for line in done.stderr.splitlines() if line.startswith("s2s: ")]
    assert said == done.stderr.splitlines()[-1:]
    return said[0].removeprefix("s2s: ")


@pytest.mark.skipif(not hasattr(os, "seteuid"), reason="permissions are those of POSIX")
@pytest.mark.parametrize(
    ("fault", "at", "file", "reason", "step"),
    [
        ("full", 6, "checkpoints/last.safetensors", "File too large", 5),
        ("full", 10, "metrics.jsonl", "File too large", 8),
        ("unwritable", 6, "checkpoints/previous.safetensors", "Permission denied", 5),
    ],
)
def test_the_last_checkpoint_is_gone_on_from_when_there_is_room_again(
    train: Callable[..., Result], place: Path, fault: str, at: int, file: str, reason: str, step: int
) -> None:
    run = place / "run"
    said = refused_in_one_line(train("run", fault=fault, at=at))
    assert said == f"can't write {run / file}: {reason}; choose another place"
    before = left_by(run)
    assert all(Path(name).name[0] != "." and not name.endswith(".lock") for name in before["names"])
    assert load_checkpoint(run / "checkpoints" / "last.safetensors").progress["step"] == step
    assert all(validated <= at for validated, _ in before["lines"])
    assert train("run", "--resume").exit_code == train("whole").exit_code == 0
    assert left_by(run) == left_by(place / "whole")


@pytest.mark.parametrize(("at", "file"), [(6, "checkpoints/last.safetensors"), (10, "metrics.jsonl")])
def test_a_directory_that_is_gone_is_told_and_not_made_again(
    train: Callable[..., Result], place: Path, at: int, file: str
) -> None:
    said = refused_in_one_line(train("run", fault="removed", at=at))
    assert said.startswith(f"can't write {place / 'run' / file}: ")
    assert {path.name for path in place.iterdir()} == {"tiny.toml", "train.tsv", "dev.tsv"}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 400 kilobytes, where this user may mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(folder)]
    if not shutil.which("mount") or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("this user may mount no file system")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


class Filler(Observer):
    """Fills the disk of the run once it has two checkpoints to go on from, and makes room when the training ends."""

    def __init__(self) -> None:
        self.saved = 0

    def on_start(self, event: Start) -> None:
        self.ballast = event.run.path.with_name("ballast")

    def on_checkpoint(self, event: Saved) -> None:
        self.saved += event.path.stem == "last"
        if self.saved == 2 and not self.ballast.exists():
            with self.ballast.open("wb", buffering=0) as file:
                while os.statvfs(self.ballast).f_bavail:
                    file.write(bytes(4096))

    def on_error(self, error: BaseException) -> None:
        self.ballast.unlink()

    def on_end(self, event: End) -> None:
        self.ballast.unlink()


def test_a_disk_that_is_full_leaves_both_checkpoints(
    s2s: S2S, with_part: WithPart, small_disk: Path, tmp_path: Path
) -> None:
    parts = with_part("s2s_training_observers", "filler", Filler)
    command = ("train", write_tiny(tmp_path, training=TRAINING), "--framework", trainer(), "-o", small_disk / "run")
    said = refused_in_one_line(s2s(*command, "--observer", "filler", parts=parts))
    assert said.startswith(f"can't write {small_disk / 'run'}/")
    assert said.endswith(": No space left on device; choose another place")
    steps = [
        load_checkpoint(small_disk / f"run/checkpoints/{name}.safetensors").progress["step"]
        for name in ("previous", "last")
    ]
    assert steps == [2, 4]
    assert not list(small_disk.rglob(".*"))
    assert s2s(*command, "--resume").exit_code == 0

"""A training that is killed at any moment, again and again, ends as the undisturbed one and leaves nothing else.

Processes are forked from one that has imported the framework and computes nothing itself. Half of them are killed from
outside, some moments after a step that is drawn; the others kill themselves just before an operation on files that is
drawn, so that each of these, however short, is met.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from s2s_toolkit.config import Config, read_config
from s2s_toolkit.observers import BatchStep, Observer, Saved
from s2s_toolkit.plugins import load_registry
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import load_checkpoint
from s2s_toolkit.testing.requirements import require
from s2s_toolkit.testing.tiny_training import write_tiny
from s2s_toolkit.training import train

TRAINING = {
    "batch_size": 4,
    "accumulate": 2,
    "max_epochs": 12,
    "learning_rate": 0.02,
    "word_dropout": 0.2,
    "moving_average": 0.9,
    "keep_best": 2,
    "patience": 0,
    "checkpoint_every": 2,
}
"""20 pairs: 3 steps an epoch, 36 in all; a validation follows every third, a checkpoint most others."""
MODEL = {
    "embedding_size": 64,
    "dropout": 0.2,
    "encoder": {"name": "gru", "size": 64},
    "attention": {"name": "additive", "size": 64},
    "decoder": {"name": "bahdanau", "size": 64},
}
"""Large enough to take some time to be written."""
DATA = ("tiny.toml", "train.tsv", "dev.tsv")
CLOCKS = ("seconds", "epoch_seconds", "tokens_per_second")
MOST_STEPS, MOST_OPERATIONS, LATE = 6, 60, 0.04
"""Of a life: steps, operations on files, and seconds after the step."""
FILES = ("open", "os.rename", "os.remove", "os.link", "os.mkdir", "os.rmdir")
"""Events by which Python tells of an operation on files."""


class Teller(Observer):
    """Tells the parent, in a byte each, of steps, and of the steps that are in a checkpoint to go on from.

    Args:
        pipe: To the parent.
        kill_after: Waits for its end after so many steps.
    """

    def __init__(self, pipe: int, kill_after: int) -> None:
        self.pipe, self.left = pipe, kill_after

    def on_step(self, event: BatchStep) -> None:
        self.left -= 1
        if self.left == 0:
            os.write(self.pipe, b"k")

    def on_checkpoint(self, event: Saved) -> None:
        if event.path.stem == "last":
            os.write(self.pipe, f"{event.step}\n".encode())


@dataclass(frozen=True)
class Death:
    """How a life is to end: after some of its operations on files, or some moments after one of its steps."""

    operations: int = 0
    steps: int = 0
    seconds: float = 0.0


class Trainings:
    """Trainings in one folder, killed."""

    def __init__(self, folder: Path, framework: str, registry: Registry) -> None:
        config = read_config(write_tiny(folder, training=TRAINING, model=MODEL))
        self.config: Config = config.model_copy(update={"framework": framework})
        self.folder, self.registry, self.rng = folder, registry, random.Random(1)
        self.met = Counter[str]()

    def campaign(self, kills: int) -> None:
        """Kill so many times; AssertionError where a training does not end as the undisturbed one."""
        whole, run = self.folder / "whole", self.folder / "run"
        assert self._live(whole, Death()) == 0
        expected = left_by(whole)
        while self.met["kills"] < kills:
            shutil.rmtree(run, ignore_errors=True)
            while self._live(run, self._death(run) if self.met["kills"] < kills else Death()):
                pass
            assert left_by(run) == expected
            assert {path.name for path in self.folder.iterdir()} == {*DATA, "run", "whole"}
            self.met["trainings"] += 1

    def _death(self, run: Path) -> Death:
        if not last_step(run) or self.rng.random() < 0.5:  # what makes a run is soon over
            return Death(operations=self.rng.randint(1, MOST_OPERATIONS))
        return Death(steps=self.rng.randint(1, MOST_STEPS), seconds=self.rng.uniform(0, LATE))

    def _live(self, run: Path, death: Death) -> int:
        """Train on, perhaps until the death; how the process ended, 0 if well."""
        before = last_step(run)
        read, write = os.pipe()
        process = os.fork()
        if not process:
            os.close(read)
            self._train(run, death, write)
        os.close(write)
        told = self._watch(read, process, death)
        _, status = os.waitpid(process, 0)
        if os.WIFSIGNALED(status):
            assert os.WTERMSIG(status) == signal.SIGKILL
            self._examine(run, max([before, *map(int, told.split())]))
        else:
            assert status == 0, (self.folder / "error.txt").read_text()
        return status

    def _train(self, run: Path, death: Death, pipe: int) -> None:
        """What the process does."""
        status = 1
        try:
            if death.operations:
                kill_before(death.operations, self.folder)
            resume = last_step(run) > 0
            train(self.config, run, self.registry, Teller(pipe, death.steps), resume=resume, force=not resume)
            status = 0
        except BaseException as error:
            (self.folder / "error.txt").write_text(repr(error))
        finally:
            os._exit(status)

    def _watch(self, pipe: int, process: int, death: Death) -> bytes:
        """What the process tells; it is killed when it is time."""
        told = b""
        with open(pipe, "rb", buffering=0) as file:
            while content := file.read(4096):
                told += content
                if b"k" in content:
                    time.sleep(death.seconds)
                    os.kill(process, signal.SIGKILL)
        return told.replace(b"k", b"")

    def _examine(self, run: Path, step: int) -> None:
        """What a killed training left: what it told to be written is there, and each checkpoint is whole."""
        self.met["kills"] += 1
        for path in (run / "checkpoints").glob("[!.]*.safetensors"):
            load_checkpoint(path)
        assert last_step(run) >= step
        for place, found in {
            "a run was made or replaced": [*self.folder.glob(".partial-*"), *self.folder.glob(".old-*")],
            "checkpoints": [*(run / "checkpoints").glob(".partial-*")],
            "config.toml, run.json or metrics.jsonl": [*run.glob(".partial-*")],
        }.items():
            self.met[place] += bool(found)
        metrics = run / "metrics.jsonl"
        lines = metrics.read_text().split("\n") if metrics.is_file() else [""]
        self.met["the line of a validation"] += bool(lines[-1]) or is_ahead(lines[:-1], last_step(run))


def kill_before(operations: int, folder: Path) -> None:
    """Let this process kill itself before one of its operations on files in a folder, counted from 1."""
    left = operations

    def count(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal left
        if event in FILES and str(arguments[0]).startswith(str(folder)):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)


def is_ahead(lines: list[str], step: int) -> bool:
    return bool(lines) and json.loads(lines[-1])["step"] > step


def last_step(run: Path) -> int:
    """The step of the checkpoint to go on from, 0 if there is none."""
    path = run / "checkpoints" / "last.safetensors"
    return int(load_checkpoint(path).progress["step"]) if path.is_file() else 0


def left_by(run: Path) -> dict[str, Any]:
    """Each file of a run, bit by bit but for what clocks say."""
    found: dict[str, Any] = {}
    for path in sorted(run.rglob("*")):
        name = str(path.relative_to(run))
        if path.suffix == ".safetensors":
            checkpoint = load_checkpoint(path)
            arrays = {**checkpoint.weights, **{f"optimizer.{key}": a for key, a in checkpoint.optimizer.items()}}
            progress = {key: value for key, value in checkpoint.progress.items() if key not in CLOCKS}
            found[name] = progress, {key: (a.shape, a.dtype.str, a.tobytes()) for key, a in arrays.items()}
        elif name == "metrics.jsonl":
            lines = map(json.loads, path.read_text().splitlines())
            found[name] = [{key: value for key, value in line.items() if key not in CLOCKS} for line in lines]
        else:
            found[name] = path.read_bytes() if path.is_file() else None
    return found


@pytest.mark.long
@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked on POSIX")
@pytest.mark.parametrize(("framework", "short", "long"), [("torch", 5, 200), ("tensorflow", 1, 200)])
def test_a_killed_training_goes_on_as_if_nothing_had_happened(
    framework: str, short: int, long: int, tmp_path: Path, scale: Callable[[int, int], int]
) -> None:
    require(framework)
    kills = scale(short, long)
    command = [sys.executable, __file__, tmp_path, framework, str(kills)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    met = json.loads(done.stdout.splitlines()[-1])
    assert met["kills"] == kills
    if kills >= 50:  # or they have met nothing
        assert min(met["checkpoints"], met["the line of a validation"]) > 0, met


if __name__ == "__main__":
    place, used, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    parts = load_registry()
    parts.load("framework", used)
    trainings = Trainings(place, used, parts)
    trainings.campaign(count)
    sys.stdout.write(json.dumps(trainings.met) + "\n")

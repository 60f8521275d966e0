"""Ctrl-C and SIGTERM end a training between two steps; what they leave goes on as if nothing had happened."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import Result

from s2s_toolkit.observers import BatchStep, Observer, Start, Validation
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import load_checkpoint
from s2s_toolkit.testing.tiny_training import trainer, write_tiny

S2S, WithPart = Callable[..., Result], Callable[..., Registry]
TRAINING = {"batch_size": 4, "max_epochs": 3, "patience": 0, "validate_every": 2}
"""20 pairs: 5 steps an epoch, 15 in all, of which the 10th and the last are followed by a validation."""


class Signalling(Observer):
    """Sends its own process signals after a step, or before the validation that follows it is told.

    Args:
        number: The signal.
        at: The step.
        times: How often.
        late: Whether to wait for the validation.

    At step 0 it does so when training starts.
    """

    def __init__(self, *, number: int = 2, at: int = 0, times: int = 1, late: bool = False) -> None:
        self.number, self.at, self.times, self.late = number, at, times, late

    def on_start(self, event: Start) -> None:
        self._send(self.at == 0)

    def on_step(self, event: BatchStep) -> None:
        self._send(event.step == self.at and not self.late)

    def on_validation(self, event: Validation) -> None:
        self._send(event.step == self.at and self.late)

    def _send(self, wanted: bool) -> None:
        for _ in range(self.times * wanted):
            signal.raise_signal(self.number)


@pytest.fixture
def heeded() -> Iterator[None]:
    """Ctrl-C as a terminal has it; a shell starts what runs behind it with the signal ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def train(s2s: S2S, with_part: WithPart, tmp_path: Path, heeded: None) -> Callable[..., Result]:
    parts = with_part("s2s_training_observers", "signalling", Signalling)
    config = write_tiny(tmp_path, training=TRAINING)

    def call(name: str, *arguments: str, **options: Any) -> Result:
        wanted = [f"--set=observers.signalling.{option}={value}" for option, value in options.items()]
        return s2s("train", config, "--framework", trainer(), "-o", tmp_path / name, *wanted, *arguments, parts=parts)

    return call


def weights(run: Path) -> dict[str, np.ndarray]:
    return load_checkpoint(run / "checkpoints" / "last.safetensors").weights


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("at", [3, 5, 7])  # within an epoch, at the end of one that is not validated, within the next
def test_a_signal_ends_a_training_after_its_step(
    train: Callable[..., Result], tmp_path: Path, number: signal.Signals, code: int, at: int
) -> None:
    handlers = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    stopped = train("stopped", number=int(number), at=at)
    assert stopped.exit_code == code
    assert f"interrupted; step {at} is in the last checkpoint, and --resume goes on from there" in stopped.stderr
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == handlers
    assert train("stopped", "--resume").exit_code == train("whole").exit_code == 0
    found, expected = weights(tmp_path / "stopped"), weights(tmp_path / "whole")
    assert found.keys() == expected.keys()
    assert all(np.array_equal(found[name], expected[name]) for name in expected)


@pytest.mark.parametrize("late", [False, True])
def test_a_validation_that_is_due_comes_first(train: Callable[..., Result], tmp_path: Path, late: bool) -> None:
    stopped = train("stopped", at=10, late=str(late).lower())
    assert stopped.exit_code == 130
    assert "step 10 is in the last checkpoint" in stopped.stderr
    assert len((tmp_path / "stopped" / "metrics.jsonl").read_text().splitlines()) == 1


def test_a_training_that_has_nothing_left_to_do_ends_well(train: Callable[..., Result]) -> None:
    assert train("run", at=15).exit_code == 0


def test_before_the_first_step_a_signal_ends_it_at_once_and_leaves_the_old_run(
    train: Callable[..., Result], tmp_path: Path
) -> None:
    assert train("run").exit_code == 0
    before = (tmp_path / "run" / "checkpoints" / "last.safetensors").read_bytes()
    assert train("run", "--force", at=0).exit_code == 130
    assert (tmp_path / "run" / "checkpoints" / "last.safetensors").read_bytes() == before


def test_a_signal_that_was_ignored_stays_so(train: Callable[..., Result]) -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        assert train("run", at=3).exit_code == 0
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_second_signal_ends_it_at_once(train: Callable[..., Result], tmp_path: Path) -> None:
    stopped = train("stopped", at=12, times=2)
    assert stopped.exit_code == 130
    assert "interrupted; --resume goes on from the last checkpoint" in stopped.stderr
    resumed = train("stopped", "--resume")
    assert "resumed after 10 of 15 steps" in resumed.stderr
    assert train("new", at=3, times=2).exit_code == 130
    assert not (tmp_path / "new" / "checkpoints" / "last.safetensors").exists()

"""A training of ten steps, for tests of what is told of trainings: real data, a real model, real events.

A test of the training observer "csv" that writes `validations.csv` into the run directory:

    def test_each_validation_is_a_line(tmp_path):
        recorder = Recorder()
        run = train_tiny(write_tiny(tmp_path), recorder, {"csv": {}})
        lines = (run.path / "validations.csv").read_text().splitlines()
        assert len(lines) == 1 + len(recorder.validations)

It takes a framework that trains: where none is installed the test is skipped, and in CI it fails.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomli_w

from s2s_toolkit.config import load_toml, parse_config
from s2s_toolkit.model import REFERENCE
from s2s_toolkit.observers import BatchStep, Observer, Validation
from s2s_toolkit.run import Run
from s2s_toolkit.testing.requirements import missing, unavailable
from s2s_toolkit.testing.suite import FRAMEWORKS, registry_with
from s2s_toolkit.training import train

TINY: Mapping[str, Mapping[str, Any]] = {
    "data": {"train": "train.tsv", "dev": "dev.tsv"},
    "model": {
        "embedding_size": 8,
        "encoder": {"name": "gru", "size": 8},
        "attention": {"name": "additive", "size": 8},
        "decoder": {"name": "bahdanau", "size": 8},
    },
    "training": {"batch_size": 4, "max_epochs": 2, "metric": "ser"},
    "decoding": {"max_length": 7},
}
"""Two epochs of five steps, each with a validation after it."""

PAIRS = tuple(f"{number} ab\tx{number}" for number in range(10, 30))
SKIPPED = ("\tempty", "a" * 300 + "\tlong")


class Recorder(Observer):
    """Remembers what a training told, and can interrupt it.

    Args:
        stop_at: The step, from 1, after which the training is interrupted; 0 lets it end by itself.
        error: What interrupts it; by default KeyboardInterrupt, as a user does.

    Attributes:
        steps: What each step told, by its number.
        validations: What each validation told, by the number of the step before it.
        warnings: What went wrong, such as an observer that was left out.
    """

    def __init__(self, *, stop_at: int = 0, error: BaseException | None = None) -> None:
        self.stop_at, self.error = stop_at, error or KeyboardInterrupt()
        self.steps: dict[int, BatchStep] = {}
        self.validations: dict[int, Validation] = {}
        self.warnings: list[str] = []

    @property
    def losses(self) -> dict[int, float]:
        """Step -> its loss in nats per target token."""
        return {step: event.loss / event.tokens for step, event in self.steps.items()}

    def on_step(self, event: BatchStep) -> None:
        self.steps[event.step] = event
        if event.step == self.stop_at:
            raise self.error

    def on_validation(self, event: Validation) -> None:
        self.validations[event.step] = event

    def on_warning(self, message: str) -> None:
        self.warnings.append(message)


def write_tiny(folder: Path, **sections: Mapping[str, Any]) -> Path:
    """Write a config and its data: 20 pairs to train on, beside one that is empty and one too long, 5 to validate.

    Args:
        folder: Where `tiny.toml`, `train.tsv` and `dev.tsv` are written; files of these names are replaced.
        sections: Keys of the config's sections, beside or instead of those of `TINY`.

    Returns:
        The config's path.
    """
    for name, lines in {"train": (*PAIRS, *SKIPPED), "dev": PAIRS[:5]}.items():
        (folder / f"{name}.tsv").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    content = {name: {**TINY.get(name, {}), **sections.get(name, {})} for name in {**TINY, **sections}}
    path = folder / "tiny.toml"
    path.write_text(tomli_w.dumps(content), encoding="utf-8")
    return path


def train_tiny(
    config: Path,
    first: Observer,
    observers: Mapping[str, Mapping[str, Any]],
    *,
    run: str = "run",
    resume: bool = False,
) -> Run:
    """Train by a config, in the first framework that can.

    Args:
        config: A TOML file, as `write_tiny` writes it; plugins in the files that it names are found.
        first: Who is told first, and of the others' failures.
        observers: Training observer -> its options, instead of the config's `[observers]`.
        run: Name of the run directory, beside the config.
        resume: Go on with the run.

    Returns:
        The run; whatever `s2s_toolkit.training.loop.train` raises is raised.
    """
    content = {**load_toml(config), "framework": trainer(), "observers": observers}
    parsed = parse_config(content, folder=config.parent, where=str(config))
    return train(parsed, config.parent / run, registry_with(*parsed.plugins.files), first, resume=resume)


def trainer() -> str:
    """The first framework that can be used and trains; without one the test is skipped, and in CI it fails."""
    reasons = {name: missing(name, registry_with()) for name in FRAMEWORKS if name != REFERENCE}
    for framework, reason in reasons.items():
        if not reason:
            return framework
    unavailable(f"nothing to train with: {' and '.join(reasons.values())}")

"""What tests of training share: data, a config for it, and the training watched."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from s2s_toolkit.config import Config, parse_config
from s2s_toolkit.observers import BatchStep, Observer, Start, Validation
from s2s_toolkit.plugins import load_registry
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import Run
from s2s_toolkit.testing.requirements import require
from s2s_toolkit.training import train

LETTERS = "abcdef"


@dataclass
class Log(Observer):
    """An observer that remembers."""

    losses: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    validations: list[Validation] = field(default_factory=list)
    first_step: int = -1
    skipped: dict[str, int] = field(default_factory=dict)

    def on_start(self, event: Start) -> None:
        self.first_step, self.skipped = event.step, event.train.skipped

    def on_step(self, event: BatchStep) -> None:
        self.losses.append(event.loss / event.tokens)
        self.rates.append(event.learning_rate)

    def on_validation(self, event: Validation) -> None:
        self.validations.append(event)


@pytest.fixture
def registry() -> Registry:
    return load_registry()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Turn letters round: 96 pairs to train on, 24 to validate."""
    rng = np.random.default_rng(1)
    lines = set()
    while len(lines) < 120:
        letters = rng.choice(list(LETTERS), rng.integers(1, 5))
        lines.add("".join(letters) + "\t" + " ".join(letters[::-1]))
    for name, part in (("train", sorted(lines)[:96]), ("dev", sorted(lines)[96:])):
        (tmp_path / f"{name}.tsv").write_text("".join(f"{line}\n" for line in part))
    return tmp_path


@pytest.fixture(scope="session")
def config_for() -> Callable[..., Config]:
    """The config of a small model, for data in a folder and a framework; keywords change its sections."""
    return _config_for


def _config_for(folder: Path, framework: str = "torch", /, **sections: dict[str, Any]) -> Config:
    require(framework)
    content = {
        "framework": framework,
        "data": {"train": "train.tsv", "dev": "dev.tsv"},
        "target": {"tokenizer": "separator"},
        "model": {
            "embedding_size": 8,
            "dropout": 0.1,
            "encoder": {"name": "gru", "size": 8, "dropout": 0.1},
            "attention": {"name": "additive", "size": 8},
            "decoder": {"name": "bahdanau", "size": 8},
        },
        "training": {"batch_size": 16, "max_epochs": 4, "learning_rate": 0.01, "patience": 0},
        "decoding": {"strategy": "greedy", "max_length": 8},
    }
    for name, changes in sections.items():
        content[name] = {**content[name], **changes}
    return parse_config(content, folder=folder, where="test")


@pytest.fixture(scope="session")
def run_training() -> Callable[..., tuple[Run, Log]]:
    """Train; the run, and what was told of it."""

    def call(config: Config, path: Path, registry: Registry, **how: bool) -> tuple[Run, Log]:
        log = Log()
        return train(config, path, registry, log, **how), log

    return call

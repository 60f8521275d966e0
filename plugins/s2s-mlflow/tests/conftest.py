"""Fixtures that tests share: a training of a few steps, in a folder of its own."""

import importlib.util
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from s2s_toolkit.config import load_toml, parse_config
from s2s_toolkit.observers import BatchStep, Observer, Validation
from s2s_toolkit.plugins import load_registry
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import Run
from s2s_toolkit.training import train

TINY = """
[data]
train = "train.tsv"
dev = "dev.tsv"

[model]
embedding_size = 8

[model.encoder]
name = "gru"
size = 8

[model.attention]
name = "additive"
size = 8

[model.decoder]
name = "bahdanau"
size = 8

[training]
batch_size = 4
max_epochs = 2
metric = "ser"

[decoding]
max_length = 7
"""


class Seen(Observer):
    """The first of the observers: it remembers losses and validations by step, and may stop the training."""

    def __init__(self, raising: BaseException | None = None, *, at: int = 0) -> None:
        self.losses: dict[int, float] = {}
        self.tokens: dict[int, int] = {}
        self.validations: dict[int, Validation] = {}
        self.warnings: list[str] = []
        self.raising, self.at = raising, at

    def on_step(self, event: BatchStep) -> None:
        self.losses[event.step], self.tokens[event.step] = event.loss, event.tokens
        if event.step == self.at and self.raising is not None:
            raise self.raising

    def on_validation(self, event: Validation) -> None:
        self.validations[event.step] = event

    def on_warning(self, message: str) -> None:
        self.warnings.append(message)


@pytest.fixture(scope="session")
def registry() -> Registry:
    return load_registry()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory of a test: tiny.toml and its data, 20 pairs to train on and 5 to validate."""
    if importlib.util.find_spec("torch") is None:
        if os.environ.get("CI"):
            pytest.fail("torch is not installed, and CI must test with it")
        pytest.skip("torch is not installed")
    pairs = [f"{number} ab\tx{number}" for number in range(10, 30)]
    (tmp_path / "train.tsv").write_text("".join(f"{pair}\n" for pair in pairs))
    (tmp_path / "dev.tsv").write_text("".join(f"{pair}\n" for pair in pairs[:5]))
    (tmp_path / "tiny.toml").write_text(TINY)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def train_tiny(folder: Path, registry: Registry) -> Callable[..., Run]:
    """Train for two epochs of five steps each; keywords are observers and their options."""

    def run(first: Observer, path: str = "run", *, resume: bool = False, **observers: dict[str, Any]) -> Run:
        content = {**load_toml(folder / "tiny.toml"), "observers": observers}
        config = parse_config(content, folder=folder, where="test")
        return train(config, folder / path, registry, first, resume=resume)

    return run


@pytest.fixture
def seen() -> type[Seen]:
    return Seen

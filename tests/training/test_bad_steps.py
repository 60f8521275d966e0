"""A step whose gradient is not finite is left out: training ends there, and says of what, or goes on without it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result

from s2s_toolkit.registry import Registry
from s2s_toolkit.run import load_checkpoint, open_run, save_checkpoint
from s2s_toolkit.testing.tiny_training import PAIRS, trainer, write_tiny

S2S = Callable[..., Result]
BAD_LINES = [number for number, pair in enumerate(PAIRS, start=1) if "7" in pair]
"""Of `train.tsv`: 17 and 27 hold the symbol whose embedding is spoilt."""


@pytest.fixture
def train(s2s: S2S, tmp_path: Path) -> Callable[..., Result]:
    config = write_tiny(tmp_path, training={"batch_size": 1, "max_epochs": 2, "patience": 0})

    def call(*arguments: str) -> Result:
        return s2s("train", config, "--framework", trainer(), "-o", tmp_path / "run", *arguments)

    return call


@pytest.fixture
def spoilt(train: Callable[..., Result], registry: Registry, tmp_path: Path) -> Path:
    """The last checkpoint of a training, in which the embedding of one symbol is infinite."""
    assert train("--set=training.max_epochs=1").exit_code == 0
    path = tmp_path / "run" / "checkpoints" / "last.safetensors"
    checkpoint = load_checkpoint(path)
    (seven,) = open_run(tmp_path / "run", registry).source.encode("7")
    weights = dict(checkpoint.weights)
    weights["source_embedding"] = weights["source_embedding"].copy()
    weights["source_embedding"][seven] = np.inf
    save_checkpoint(path, weights, checkpoint.optimizer, checkpoint.progress)
    return path


def test_training_ends_with_the_lines_and_the_checkpoint_before(
    train: Callable[..., Result], spoilt: Path, tmp_path: Path
) -> None:
    before = spoilt.read_bytes()
    result = train("--resume")
    assert result.exit_code == 2
    (message,) = [line for line in result.stderr.splitlines() if "diverged" in line]
    assert "the gradient of step" in message
    assert any(f"{tmp_path / 'train.tsv'}, line {number};" in message for number in BAD_LINES)
    assert "last.safetensors is as it was before" in message
    assert spoilt.read_bytes() == before


def test_it_goes_on_without_them_where_that_is_wanted(train: Callable[..., Result], spoilt: Path) -> None:
    result = train("--resume", "--skip-bad-batches")
    assert "diverged" not in result.stderr
    assert result.stderr.count("step left out") == len(BAD_LINES)
    assert f"step left out ({len(BAD_LINES)} so far)" in result.stderr


def test_after_ten_in_a_row_it_ends_all_the_same(s2s: S2S, spoilt: Path, tmp_path: Path) -> None:
    (tmp_path / "train.tsv").write_text("7\tx7\n" * 30, encoding="utf-8")
    command = ("train", tmp_path / "tiny.toml", "--framework", trainer(), "-o", tmp_path / "run", "--resume")
    result = s2s(*command, "--skip-bad-batches")
    assert result.exit_code == 2
    assert "the 10th in a row" in result.stderr
    assert result.stderr.count("step left out") == 9


def test_what_was_left_out_from_the_first_step_on_can_be_gone_on_with(
    train: Callable[..., Result], tmp_path: Path
) -> None:
    """An optimizer that has taken no step has no state."""
    assert train("--set=training.max_epochs=1").exit_code == 0
    path = tmp_path / "run" / "checkpoints" / "last.safetensors"
    checkpoint = load_checkpoint(path)
    save_checkpoint(path, checkpoint.weights, {}, {**checkpoint.progress, "bad_steps": checkpoint.progress["step"]})
    assert train("--resume").exit_code == 0
    save_checkpoint(path, checkpoint.weights, {}, checkpoint.progress)
    assert "lacks the optimizer's" in train("--resume").stderr

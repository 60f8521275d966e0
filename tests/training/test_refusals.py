"""What a training leaves out, leaves alone and refuses."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from s2s_toolkit.config import Config
from s2s_toolkit.errors import DataError, RunError, S2SError, UnsupportedError
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import Run

Configure = Callable[..., Config]
Train = Callable[..., tuple[Run, Any]]


def test_pairs_left_out_are_counted(data: Path, registry: Registry, config_for: Configure, run_training: Train) -> None:
    with (data / "train.tsv").open("a") as file:
        file.write(f"\ta\n{'a' * 30}\tb\n")
    config = config_for(data, data={"max_source_length": 20}, training={"max_epochs": 1})
    _, log = run_training(config, data / "run", registry)
    assert log.skipped == {"empty": 1, "too long": 1}


def test_an_existing_run_is_replaced_only_by_force(
    data: Path, registry: Registry, config_for: Configure, run_training: Train
) -> None:
    config = config_for(data, training={"max_epochs": 1})
    run, _ = run_training(config, data / "run", registry)
    before = run.checkpoint_path("best").read_bytes()
    with pytest.raises(S2SError, match="--force"):
        run_training(config, data / "run", registry)
    assert run.checkpoint_path("best").read_bytes() == before
    run_training(config.model_copy(update={"seed": 9}), data / "run", registry, force=True)
    assert run.checkpoint_path("best").read_bytes() != before


def test_a_folder_of_something_else_is_never_replaced(
    data: Path, registry: Registry, config_for: Configure, run_training: Train
) -> None:
    with pytest.raises(RunError, match="not a run directory"):
        run_training(config_for(data), data, registry, force=True)
    assert (data / "train.tsv").is_file()


def test_nothing_is_made_when_the_data_is_bad(
    data: Path, registry: Registry, config_for: Configure, run_training: Train
) -> None:
    (data / "dev.tsv").write_text("no tab here\n")
    with pytest.raises(DataError, match="line 1"):
        run_training(config_for(data), data / "run", registry)
    assert not (data / "run").exists()


def test_a_training_that_diverges_ends_with_what_would_help(
    data: Path, registry: Registry, config_for: Configure, run_training: Train
) -> None:
    with pytest.raises(S2SError, match="training diverged"):
        run_training(config_for(data, training={"learning_rate": 1e38}), data / "run", registry)


def test_the_reference_does_not_train(
    data: Path, registry: Registry, config_for: Configure, run_training: Train
) -> None:
    with pytest.raises(UnsupportedError, match="torch"):
        run_training(config_for(data, "numpy"), data / "run", registry)
    assert not (data / "run").exists()

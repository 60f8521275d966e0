"""Which checkpoints a training leaves: as many of the best as are asked for, whatever happens on the way."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from s2s_toolkit.checkpoint_names import checkpoint_names, epoch_of
from s2s_toolkit.errors import RunError
from s2s_toolkit.observers import Observer, Saved
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import Run, load_checkpoint, open_run
from s2s_toolkit.testing.tiny_training import train_tiny, write_tiny
from s2s_toolkit.training.checkpoints import Checkpoints, State
from s2s_toolkit.training.resumption import Progress

VALUES = [5.0, 3.0, 4.0, 3.0, 6.0, 2.0]


class Watch(Observer):
    """Remembers, for each checkpoint that it is told of, its name and which ones there were then."""

    def __init__(self) -> None:
        self.saved: list[Saved] = []
        self.there: list[list[str]] = []

    def on_checkpoint(self, event: Saved) -> None:
        self.saved.append(event)
        self.there.append(checkpoint_names(event.path.parents[1]))


def trained(folder: Path, *, epochs: int, keep: int, resume: bool = False) -> tuple[Run, Watch]:
    folder.mkdir(exist_ok=True)
    training = {"max_epochs": epochs, "keep_best": keep, "metric": "loss", "learning_rate": 0.3, "patience": 0}
    watch = Watch()
    return train_tiny(write_tiny(folder, training=training), watch, {}, resume=resume), watch


def best_epochs(run: Run, count: int) -> list[str]:
    """The names of the best validations' checkpoints, as the log has them."""
    validations = [json.loads(line) for line in run.metrics_path.read_text().splitlines()]
    best = sorted(validations, key=lambda validation: validation["value"])[:count]
    return [f"epoch-{epoch:04}" for epoch in sorted(validation["epoch"] for validation in best)]


def kept(run: Run) -> list[str]:
    return [name for name in checkpoint_names(run.path) if epoch_of(name) is not None]


def test_one_is_the_best_checkpoint_alone(tmp_path: Path) -> None:
    run, watch = trained(tmp_path, epochs=3, keep=1)
    assert checkpoint_names(run.path) == ["best", "last", "previous"]
    assert {saved.path.stem for saved in watch.saved} == {"best", "last"}


def test_checkpoints_can_be_read_by_those_who_can_read_the_rest(tmp_path: Path) -> None:
    run, _ = trained(tmp_path, epochs=1, keep=1)
    modes = {run.checkpoint_path(name).stat().st_mode for name in checkpoint_names(run.path)}
    assert modes == {run.metrics_path.stat().st_mode}


def test_the_best_validations_stay_and_the_best_of_them_is_the_best_checkpoint(tmp_path: Path) -> None:
    run, watch = trained(tmp_path, epochs=6, keep=3)
    assert kept(run) == best_epochs(run, 3)
    weights = {name: load_checkpoint(run.checkpoint_path(name)).weights for name in ("best", *best_epochs(run, 1))}
    one, other = weights.values()
    assert all((array == other[name]).all() for name, array in one.items())
    assert {saved.path.stem for saved in watch.saved} >= {"best", "last", *kept(run)}
    assert all(saved.best == (saved.path.stem == "best") for saved in watch.saved)


def test_what_a_killed_training_was_about_to_remove_goes_with_the_next(tmp_path: Path) -> None:
    """Also where nothing is left to train: the kill came after the last validation."""
    run, _ = trained(tmp_path, epochs=6, keep=3)
    expected = kept(run)
    (old,) = sorted({f"epoch-{epoch:04}" for epoch in range(1, 7)} - {*expected})[:1]
    shutil.copy(run.checkpoint_path("best"), run.checkpoint_path(old))
    trained(tmp_path, epochs=6, keep=3, resume=True)
    assert kept(run) == expected


def test_a_resumed_training_keeps_what_the_undisturbed_one_keeps(tmp_path: Path) -> None:
    whole, _ = trained(tmp_path / "whole", epochs=6, keep=2)
    trained(tmp_path / "half", epochs=3, keep=2)
    resumed, _ = trained(tmp_path / "half", epochs=6, keep=2, resume=True)
    assert kept(resumed) == kept(whole) == best_epochs(whole, 2)


@pytest.fixture
def saving(tmp_path: Path) -> Callable[..., tuple[list[str], Watch]]:
    """Save a checkpoint for each of some values, of which lower ones are better; what is left, in ranking order."""
    (tmp_path / "checkpoints").mkdir()
    run: Any = Run(tmp_path, None, None, None)  # type: ignore[arg-type]

    def save(values: list[float], *, keep: int, progress: Progress | None = None) -> tuple[list[str], Watch]:
        progress, watch = progress or Progress(), Watch()
        checkpoints = Checkpoints(run, keep, lambda value, other: value < other, watch)
        for value in values:
            progress.epoch += 1
            weights = {"w": np.full(3, value, np.float32)}
            checkpoints.save(weights, State(weights, {}, progress), value=value, best=False)
        return [f"{epoch}: {value}" for epoch, value in progress.kept], watch

    return save


def test_of_equal_validations_the_earlier_stays(saving: Callable[..., Any]) -> None:
    assert saving(VALUES, keep=3)[0] == ["6: 2.0", "2: 3.0", "4: 3.0"]


def test_a_worse_one_goes_when_its_successor_is_whole(saving: Callable[..., Any]) -> None:
    _, watch = saving(VALUES, keep=2)
    there = [sum(epoch_of(name) is not None for name in names) for names in watch.there]
    assert there == [1, 1, 2, 2, 3, 3, 3, 3, 2, 3, 3]
    assert [saved.path.stem for saved in watch.saved][:3] == ["epoch-0001", "last", "epoch-0002"]


def test_fewer_are_kept_when_fewer_are_asked_for(saving: Callable[..., Any], tmp_path: Path) -> None:
    progress = Progress()
    saving(VALUES[:4], keep=3, progress=progress)
    assert saving(VALUES[4:5], keep=2, progress=progress)[0] == ["2: 3.0", "4: 3.0"]
    assert checkpoint_names(tmp_path) == ["last", "previous", "epoch-0002", "epoch-0004"]


def test_a_file_of_a_validation_that_was_lost_goes(saving: Callable[..., Any], tmp_path: Path) -> None:
    """Killed before `last` was written, the training has a file of an epoch that it does not know of."""
    (tmp_path / "checkpoints" / "epoch-0009.safetensors").write_bytes(b"")
    (tmp_path / "checkpoints" / "mine.safetensors").write_bytes(b"")
    saving(VALUES[:1], keep=2)
    assert checkpoint_names(tmp_path) == ["last", "epoch-0001", "mine"]


def test_a_kept_file_that_was_deleted_makes_room(tmp_path: Path) -> None:
    run, _ = trained(tmp_path, epochs=3, keep=3)
    run.checkpoint_path("epoch-0002").unlink()
    resumed, _ = trained(tmp_path, epochs=4, keep=3, resume=True)
    assert kept(resumed) == ["epoch-0001", "epoch-0003", "epoch-0004"]


def test_the_names_sort_as_the_epochs_do_and_foreign_files_come_last(tmp_path: Path) -> None:
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    for name in ("averaged", "epoch-10000", "previous", "last", "epoch-0009", "best", ".partial-1"):
        (folder / f"{name}.safetensors").touch()
    assert checkpoint_names(tmp_path) == ["best", "last", "previous", "epoch-0009", "epoch-10000", "averaged"]


def test_a_checkpoint_that_there_is_not_is_told_with_those_that_there_are(tiny_run: Path, registry: Registry) -> None:
    with pytest.raises(RunError, match=r"run has no checkpoint 'epoch-0007'; it has: best, last$"):
        open_run(tiny_run, registry, checkpoint="epoch-0007")
    with pytest.raises(RunError, match=r"no checkpoint '\.\./\.\./train'"):
        open_run(tiny_run, registry, checkpoint="../../train")

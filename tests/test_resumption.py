"""A training that is stopped anywhere ends, once resumed, as if nothing had happened."""

import json
import shutil
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from s2s_toolkit.config import read_config
from s2s_toolkit.errors import RunError
from s2s_toolkit.plugins import load_registry
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import Run, load_checkpoint, save_checkpoint
from s2s_toolkit.testing.requirements import require
from s2s_toolkit.testing.tiny_training import Recorder, write_tiny
from s2s_toolkit.training import train
from s2s_toolkit.training.steps import dropout_seed

ALL = {
    "batch_size": 3,
    "accumulate": 2,
    "max_epochs": 3,
    "learning_rate": 0.02,
    "schedule": "plateau",
    "decay_patience": 1,
    "warmup_steps": 3,
    "weight_decay": 0.01,
    "label_smoothing": 0.1,
    "word_dropout": 0.2,
    "scheduled_sampling": 0.5,
    "scheduled_sampling_epochs": 2,
    "moving_average": 0.9,
    "patience": 0,
    "checkpoint_every": 1,
}
"""All that training knows: 20 pairs make 4 steps an epoch, the last of one batch, since there are 7."""
DROPPING = {
    "embedding_size": 8,
    "dropout": 0.2,
    "encoder": {"name": "gru", "size": 8, "dropout": 0.2},
    "attention": {"name": "additive", "size": 8},
    "decoder": {"name": "bahdanau", "size": 8, "dropout": 0.2},
}
Whole = Callable[[str], tuple[Recorder, Any]]


@pytest.fixture(scope="module")
def registry() -> Registry:
    return load_registry()


def train_in(
    folder: Path,
    registry: Registry,
    name: str,
    recorder: Recorder,
    *,
    framework: str = "torch",
    resume: bool = False,
    **training: Any,
) -> Run:
    """Train `folder / name`, to the end or until the recorder interrupts."""
    require(framework)
    config = read_config(write_tiny(folder, model=DROPPING, training={**ALL, **training}))
    config = config.model_copy(update={"framework": framework})
    try:
        return train(config, folder / name, registry, recorder, resume=resume)
    except KeyboardInterrupt:
        return Run(folder / name, config, None, None)  # type: ignore[arg-type]


def left_by(run: Run) -> Mapping[str, Any]:
    """All that a run leaves and that no clock enters, to be compared."""
    last, best = (load_checkpoint(run.checkpoint_path(name)) for name in ("last", "best"))
    clocks = ("seconds", "epoch_seconds", "tokens_per_second")
    lines = [json.loads(line) for line in run.metrics_path.read_text().splitlines()]
    arrays = {"weights": last.weights, "optimizer": last.optimizer, "best": best.weights}
    return {
        "arrays": {f"{kind}.{name}": a.tolist() for kind, named in arrays.items() for name, a in named.items()},
        "progress": {key: value for key, value in last.progress.items() if key not in clocks},
        "lines": [{key: value for key, value in line.items() if key not in clocks} for line in lines],
    }


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, registry: Registry) -> Whole:
    """The undisturbed training of a framework, and what it leaves; with no checkpoint but at validations."""

    @cache
    def undisturbed(framework: str) -> tuple[Recorder, Any]:
        recorder, folder = Recorder(), tmp_path_factory.mktemp(framework)
        run = train_in(folder, registry, "whole", recorder, framework=framework, checkpoint_every=0)
        return recorder, left_by(run)

    return undisturbed


@pytest.mark.parametrize(("framework", "stops"), [("torch", [3, 11]), ("tensorflow", [7])])
def test_a_run_stopped_inside_epochs_ends_as_the_undisturbed_one(
    framework: str, stops: list[int], tmp_path: Path, registry: Registry, whole: Whole
) -> None:
    """Each time a step after its last checkpoint, which is taken again."""
    undisturbed, expected = whole(framework)
    recorders = [Recorder(stop_at=stop) for stop in (*stops, 0)]
    for number, recorder in enumerate(recorders):
        found = train_in(tmp_path, registry, "run", recorder, framework=framework, resume=number > 0)
    assert [min(recorder.steps) for recorder in recorders] == [1, *stops]
    assert left_by(found) == expected
    for recorder in recorders:
        assert recorder.steps == {step: undisturbed.steps[step] for step in recorder.steps}


@pytest.mark.parametrize(("stop", "every"), [(2, 1), (4, 1), (5, 3), (8, 3), (9, 2), (12, 5)])
def test_it_makes_no_difference_at_which_step(
    stop: int, every: int, tmp_path: Path, registry: Registry, whole: Whole
) -> None:
    """At the end of an epoch, before its validation, as well as inside, and after a validation."""
    train_in(tmp_path, registry, "run", Recorder(stop_at=stop), checkpoint_every=every)
    found = train_in(tmp_path, registry, "run", Recorder(), resume=True, checkpoint_every=every)
    assert left_by(found) == whole("torch")[1]


def test_an_epoch_without_validation_is_gone_through_as_well(tmp_path: Path, registry: Registry) -> None:
    """A checkpoint at an epoch's end that no validation follows belongs to the next one."""
    rare = {"validate_every": 3, "max_epochs": 6}
    expected = train_in(tmp_path, registry, "whole", Recorder(), **rare)
    train_in(tmp_path, registry, "run", Recorder(stop_at=5), **rare)
    resumed = Recorder()
    found = train_in(tmp_path, registry, "run", resumed, resume=True, **rare)
    assert min(resumed.steps) == 5
    assert left_by(found) == left_by(expected)


def test_in_fp16_its_loss_scale_is_gone_on_with(tmp_path: Path, registry: Registry) -> None:
    """From one that leaves steps out, which the schedule counts and Adam does not."""
    train_in(tmp_path, registry, "run", Recorder(stop_at=2), precision="fp16")
    path = tmp_path / "run/checkpoints/last.safetensors"
    first = load_checkpoint(path)
    save_checkpoint(path, first.weights, {**first.optimizer, "loss_scale": np.asarray(2.0**21)}, first.progress)
    shutil.copytree(tmp_path / "run", tmp_path / "stopped")
    whole = train_in(tmp_path, registry, "run", Recorder(), resume=True, precision="fp16")
    for stop in (3, 6, 0):
        found = train_in(tmp_path, registry, "stopped", Recorder(stop_at=stop), resume=True, precision="fp16")
    assert left_by(found) == left_by(whole)
    last = load_checkpoint(whole.checkpoint_path("last"))
    left_out = 21 - np.log2(last.optimizer["loss_scale"])
    assert left_out >= 3
    assert last.optimizer["steps"] == last.progress["step"] - left_out == 12 - left_out


def test_where_the_order_of_batches_has_changed_the_epoch_starts_anew(tmp_path: Path, registry: Registry) -> None:
    train_in(tmp_path, registry, "run", Recorder(stop_at=7))
    resumed = Recorder()
    train_in(tmp_path, registry, "run", resumed, resume=True, batch_size=5, accumulate=1)
    assert list(resumed.steps) == [7, 8, 9, 10, 11, 12, 13, 14]  # twice four steps: epochs 2 and 3
    assert [validation.epoch for validation in resumed.validations.values()] == [2, 3]
    mean = sum(resumed.steps[step].loss for step in range(7, 11)) / sum(resumed.steps[s].tokens for s in range(7, 11))
    assert resumed.validations[10].train_loss == pytest.approx(mean)


def test_without_a_checkpoint_there_is_nothing_to_resume(tmp_path: Path, registry: Registry) -> None:
    train_in(tmp_path, registry, "run", Recorder(stop_at=2), checkpoint_every=0)
    with pytest.raises(RunError, match="stopped before its first checkpoint"):
        train_in(tmp_path, registry, "run", Recorder(), resume=True)


def test_a_training_stops_at_its_last_step_and_goes_on_from_there(tmp_path: Path, registry: Registry) -> None:
    """With a validation, which an undisturbed run has not; the weights are the same."""
    still = {"schedule": "constant"}
    short = Recorder()
    run = train_in(tmp_path, registry, "run", short, max_steps=6, **still)
    assert list(short.steps) == [1, 2, 3, 4, 5, 6]
    assert [(v.epoch, step) for step, v in short.validations.items()] == [(1, 4), (2, 6)]
    assert load_checkpoint(run.checkpoint_path("last")).progress["done"] == 2
    expected = train_in(tmp_path, registry, "whole", Recorder(), **still)
    found = train_in(tmp_path, registry, "run", Recorder(), resume=True, **still)
    assert [line["step"] for line in left_by(found)["lines"]] == [4, 6, 8, 12]
    for key, array in load_checkpoint(expected.checkpoint_path("last")).weights.items():
        np.testing.assert_array_equal(array, load_checkpoint(found.checkpoint_path("last")).weights[key], err_msg=key)


def test_every_batch_has_a_dropout_of_its_own() -> None:
    seeds = {dropout_seed(seed, step, number) for seed in (1, 2) for step in range(30) for number in range(5)}
    assert len(seeds) == 300
    assert all(0 <= seed < 2**31 for seed in seeds)

"""A resumed run ends as the undisturbed one, in either framework; what can't be resumed is refused."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from s2s_toolkit.config import Config
from s2s_toolkit.errors import RunError
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import Run, load_checkpoint, open_run, save_checkpoint

Configure = Callable[..., Config]
Train = Callable[..., tuple[Run, Any]]

FRAMEWORKS = ("torch", "tensorflow")


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_resumed_run_ends_as_the_undisturbed_one(
    framework: str,
    data: Path,
    registry: Registry,
    config_for: Configure,
    run_training: Train,
) -> None:
    config = config_for(data, framework)
    whole, whole_log = run_training(config, data / "whole", registry)
    half = config.model_copy(update={"training": config.training.model_copy(update={"max_epochs": 2})})
    run_training(half, data / "half", registry)
    resumed, log = run_training(config, data / "half", registry, resume=True)
    assert log.first_step == 12
    expected, found = (load_checkpoint(run.checkpoint_path("last")) for run in (whole, resumed))
    for name, array in expected.weights.items():
        np.testing.assert_array_equal(array, found.weights[name], err_msg=name)
    assert log.losses == whole_log.losses[12:]
    assert len(resumed.metrics_path.read_text().splitlines()) == 4


@pytest.mark.parametrize(("first", "second"), [FRAMEWORKS, FRAMEWORKS[::-1]])
def test_a_run_continues_in_the_other_framework(
    first: str,
    second: str,
    data: Path,
    registry: Registry,
    config_for: Configure,
    run_training: Train,
) -> None:
    """Weights, optimizer state and data order go over: without dropout the losses are those of one framework alone."""
    still, kept = {"dropout": 0.0, "encoder": {"name": "gru", "size": 8}}, {"moving_average": 0.8}
    alone = run_training(config_for(data, first, model=still, training=kept), data / "alone", registry)[1]
    run_training(config_for(data, first, model=still, training={"max_epochs": 2, **kept}), data / "run", registry)
    _, log = run_training(config_for(data, second, model=still, training=kept), data / "run", registry, resume=True)
    np.testing.assert_allclose(log.losses, alone.losses[12:], rtol=1e-3)
    np.testing.assert_allclose(log.validations[-1].dev_loss, alone.validations[-1].dev_loss, rtol=1e-3)
    assert open_run(data / "run", registry).config.framework == second


def test_resuming_another_model_is_refused(
    data: Path, registry: Registry, config_for: Configure, run_training: Train
) -> None:
    run_training(config_for(data, training={"max_epochs": 1}), data / "run", registry)
    with pytest.raises(RunError, match=r"\[model\] differs"):
        run_training(config_for(data, model={"embedding_size": 9}), data / "run", registry, resume=True)


def test_resuming_under_another_metric_is_refused(
    data: Path, registry: Registry, config_for: Configure, run_training: Train
) -> None:
    """What was best by one metric says nothing about another."""
    run_training(config_for(data, training={"max_epochs": 1}), data / "run", registry)
    with pytest.raises(RunError, match="chosen by 'loss'"):
        run_training(config_for(data, training={"metric": "wer"}), data / "run", registry, resume=True)


def test_a_half_written_line_of_metrics_is_dropped_by_resuming(
    data: Path, registry: Registry, config_for: Configure, run_training: Train
) -> None:
    run, _ = run_training(config_for(data, training={"max_epochs": 1}), data / "run", registry)
    with run.metrics_path.open("a") as file:
        file.write('{"epoch": 2, "st')
    run_training(config_for(data, training={"max_epochs": 2}), data / "run", registry, resume=True)
    assert [json.loads(line)["epoch"] for line in run.metrics_path.read_text().splitlines()] == [1, 2]


def test_a_checkpoint_without_optimizer_state_can_not_be_resumed(
    data: Path, registry: Registry, config_for: Configure, run_training: Train
) -> None:
    run, _ = run_training(config_for(data, training={"max_epochs": 1}), data / "run", registry)
    last = load_checkpoint(run.checkpoint_path("last"))
    save_checkpoint(run.checkpoint_path("last"), last.weights, {}, last.progress)
    with pytest.raises(RunError, match="lacks the optimizer's 'mean"):
        run_training(config_for(data, training={"max_epochs": 2}), data / "run", registry, resume=True)

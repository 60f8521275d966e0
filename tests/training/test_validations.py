"""What validations decide: which checkpoint is the best, the learning rate, the end."""

import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from s2s_toolkit.components import ANY, Component
from s2s_toolkit.config import Config
from s2s_toolkit.corpus import read_pairs
from s2s_toolkit.evaluation import evaluate
from s2s_toolkit.hookspecs import hookimpl
from s2s_toolkit.loading import load_model, load_translator
from s2s_toolkit.metrics import Metric, References, Sequences, load_metric
from s2s_toolkit.plugins import register_plugin
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import Run, load_checkpoint

Configure = Callable[..., Config]
Train = Callable[..., tuple[Run, Any]]


@pytest.mark.parametrize("metric", ["ser", "cer"])
def test_the_best_checkpoint_is_the_one_with_the_best_validation(
    data: Path,
    registry: Registry,
    metric: str,
    config_for: Configure,
    run_training: Train,
) -> None:
    """A learning rate that ruins the model: what was best stays."""
    config = config_for(data, training={"learning_rate": 0.05, "max_epochs": 8, "metric": metric})
    run, log = run_training(config, data / "run", registry)
    best = min(log.validations, key=lambda validation: validation.value)
    assert [v.best for v in log.validations].count(True) >= 1
    assert max(v.epoch for v in log.validations if v.best) == best.epoch
    model, pairs = load_model(run, registry, "torch"), list(read_pairs(data / "dev.tsv"))
    found = evaluate(load_translator(run, registry), pairs, [load_metric(metric, registry)], registry)
    assert found.scores[metric] == pytest.approx(best.value)
    assert model.weights().keys() == load_checkpoint(run.checkpoint_path("best")).weights.keys()


def test_training_stops_when_patience_ends(
    data: Path, registry: Registry, config_for: Configure, run_training: Train
) -> None:
    config = config_for(
        data, training={"learning_rate": 1e-12, "patience": 2, "max_epochs": 50, "metric": "exact_match"}
    )
    _, log = run_training(config, data / "run", registry)
    assert len(log.validations) == 3


def test_patience_begins_anew_with_every_better_value(
    data: Path, registry: Registry, config_for: Configure, run_training: Train
) -> None:
    """A metric of which more is better: it gets better twice, then never again."""
    values = iter([1.0, 2.0, 1.5, 3.0, 2.5, 3.0, 9.0])

    def scripted(hypotheses: Sequences, references: References) -> float:
        return next(values) if len(hypotheses) > 1 else 0.0  # one pair alone is how a metric is tried beforehand

    register_plugin(registry, ScriptedMetricPlugin(scripted), "scripted")
    training = {"metric": "scripted", "patience": 2, "max_epochs": 50, "batch_size": 96}
    _, log = run_training(config_for(data, training=training), data / "run", registry)
    assert [v.best for v in log.validations] == [True, True, False, True, False, False]


def test_a_plateau_lowers_the_learning_rate_and_resuming_remembers_it(
    data: Path, registry: Registry, config_for: Configure, run_training: Train
) -> None:
    """The first validation is the best, so the rate falls with the third and the fifth."""
    training = {
        "schedule": "plateau",
        "decay": 0.1,
        "decay_patience": 2,
        "metric": "exact_match",
        "learning_rate": 1e-12,
        "batch_size": 96,
    }
    run_training(config_for(data, training={**training, "max_epochs": 3}), data / "run", registry)
    config = config_for(data, training={**training, "max_epochs": 6})
    _, log = run_training(config, data / "run", registry, resume=True)
    assert log.rates == pytest.approx([1e-13, 1e-13, 1e-14])


def test_the_cosine_schedule_falls_from_the_learning_rate_to_zero(
    data: Path, registry: Registry, config_for: Configure, run_training: Train
) -> None:
    config = config_for(data, training={"schedule": "cosine", "max_epochs": 2})
    _, log = run_training(config, data / "run", registry)
    assert [v.learning_rate for v in log.validations] == pytest.approx([0.005, 0.0], abs=1e-9)


def test_the_cosine_schedule_goes_by_epochs_where_a_resumed_run_has_fewer_steps(
    data: Path, registry: Registry, config_for: Configure, run_training: Train
) -> None:
    cosine = {"schedule": "cosine", "max_epochs": 2}
    run_training(config_for(data, training=cosine), data / "run", registry)
    config = config_for(data, training={**cosine, "max_epochs": 4, "batch_size": 48})
    _, log = run_training(config, data / "run", registry, resume=True)
    expected = [0.005 * (1 + np.cos(np.pi * share)) for share in (0.75, 1.0)]
    assert [v.learning_rate for v in log.validations] == pytest.approx(expected, abs=1e-9)


class ScriptedMetricPlugin:
    """Offers the metric "scripted", of which more is better."""

    def __init__(self, compute: Callable[[Sequences, References], float]) -> None:
        module = types.ModuleType("scripted_metric")
        module.metric = Metric("scripted", higher_is_better=True, unit="", compute=compute)
        sys.modules[module.__name__] = module

    @hookimpl
    def s2s_metrics(self) -> list[Component]:
        return [Component("scripted", ANY, "scripted_metric:metric", "a script")]

"""Training learns: one seed gives one result, and both frameworks learn alike."""

import json
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from s2s_toolkit.batches import make_batch
from s2s_toolkit.components import Component
from s2s_toolkit.config import Config
from s2s_toolkit.hookspecs import hookimpl
from s2s_toolkit.loading import load_model, load_translator
from s2s_toolkit.plugins import register_plugin
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import Run, load_checkpoint, open_run

Configure = Callable[..., Config]
Train = Callable[..., tuple[Run, Any]]

FRAMEWORKS = ("torch", "tensorflow")


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_training_lowers_the_loss_and_leaves_a_run_that_translates(
    framework: str,
    data: Path,
    registry: Registry,
    config_for: Configure,
    run_training: Train,
) -> None:
    run, log = run_training(config_for(data, framework), data / "run", registry)
    assert log.validations[-1].dev_loss < 0.9 * log.losses[0]
    assert [json.loads(line)["epoch"] for line in run.metrics_path.read_text().splitlines()] == [1, 2, 3, 4]
    opened = open_run(data / "run", registry)
    assert opened.config == run.config
    assert len(load_translator(opened, registry)(["ab", "", "xyz"])) == 3
    assert not list((data / "run").rglob(".partial*"))


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_one_seed_gives_one_result_and_another_seed_another(
    framework: str,
    data: Path,
    registry: Registry,
    config_for: Configure,
    run_training: Train,
) -> None:
    config = config_for(data, framework, training={"max_epochs": 1})
    weights = []
    for number, seed in enumerate((3, 3, 4)):
        run, _ = run_training(config.model_copy(update={"seed": seed}), data / f"run{number}", registry)
        weights.append(load_checkpoint(run.checkpoint_path("last")).weights)
    for name, array in weights[0].items():
        np.testing.assert_array_equal(array, weights[1][name], err_msg=name)
    assert any((array != weights[2][name]).any() for name, array in weights[0].items())


def test_both_frameworks_start_alike_and_learn_alike_without_dropout(
    data: Path, registry: Registry, config_for: Configure, run_training: Train
) -> None:
    """One seed: the same first weights and batches, so the same losses."""
    still = {"dropout": 0.0, "encoder": {"name": "gru", "size": 8}}
    logs = [
        run_training(config_for(data, framework, model=still), data / framework, registry)[1]
        for framework in FRAMEWORKS
    ]
    np.testing.assert_allclose(logs[0].losses, logs[1].losses, rtol=1e-3)


def test_both_frameworks_see_the_same_noise_and_average_alike(
    data: Path, registry: Registry, config_for: Configure, run_training: Train
) -> None:
    """Nothing that training draws but dropout is left to a framework."""
    still = {"dropout": 0.0, "encoder": {"name": "gru", "size": 8}}
    noisy = {
        "accumulate": 2,
        "word_dropout": 0.2,
        "scheduled_sampling": 0.5,
        "label_smoothing": 0.1,
        "weight_decay": 0.01,
        "moving_average": 0.9,
    }
    logs = [
        run_training(config_for(data, framework, model=still, training=noisy), data / framework, registry)[1]
        for framework in FRAMEWORKS
    ]
    assert len(logs[0].losses) == 4 * 3  # 96 pairs are six batches, two to a step
    np.testing.assert_allclose(logs[0].losses, logs[1].losses, rtol=1e-3)
    np.testing.assert_allclose(*([v.dev_loss for v in log.validations] for log in logs), rtol=1e-3)


def test_noise_changes_what_is_learnt(
    data: Path, registry: Registry, config_for: Configure, run_training: Train
) -> None:
    weights = []
    for number, noise in enumerate([{}, {"word_dropout": 0.5}, {"scheduled_sampling": 1.0}, {"label_smoothing": 0.5}]):
        config = config_for(data, training={"max_epochs": 1, **noise})
        run, _ = run_training(config, data / f"run{number}", registry)
        weights.append(load_checkpoint(run.checkpoint_path("last")).weights["output.kernel"].tobytes())
    assert len(set(weights)) == 4


def test_the_average_is_validated_and_kept_and_training_goes_on_without_it(
    data: Path, registry: Registry, config_for: Configure, run_training: Train
) -> None:
    plain, averaged = (config_for(data, training={"moving_average": decay}) for decay in (0.0, 0.8))
    checkpoints = []
    for number, config in enumerate((plain, averaged)):
        run, log = run_training(config, data / f"run{number}", registry)
        assert log.validations[-1].best  # so that both checkpoints are of the last step
        checkpoints.append([load_checkpoint(run.checkpoint_path(name)) for name in ("best", "last")])
    (_, last_plain), (best, last) = checkpoints
    for name, array in last.weights.items():
        np.testing.assert_array_equal(array, last_plain.weights[name], err_msg=name)
        np.testing.assert_array_equal(best.weights[name], last.optimizer[f"average.{name}"], err_msg=name)
    model, corpus = load_model(run, registry, "torch"), (data / "dev.tsv").read_text().splitlines()
    vocabularies, pairs = (run.source.vocabulary, run.target.vocabulary), [line.split("\t") for line in corpus]
    batch = make_batch([(vocabularies[0].encode(a), vocabularies[1].encode(b.split())) for a, b in pairs])
    model.load_weights(best.weights)
    assert model.loss(batch) / batch.num_target_tokens == pytest.approx(log.validations[-1].dev_loss, rel=1e-5)


def test_a_scorer_of_one_framework_alone_trains_among_built_in_parts(
    data: Path, registry: Registry, config_for: Configure, run_training: Train
) -> None:
    """What the native scorer does not declare is guessed; the parts around it start as they always do."""
    plain, mixed = (
        config_for(data, training={"max_epochs": 1}, model=m) for m in ({}, {"attention": {"name": "near"}})
    )
    register_plugin(registry, NativeScorerPlugin(), "near")
    runs = [run_training(config, data / str(number), registry)[0] for number, config in enumerate((plain, mixed))]
    weights = [load_checkpoint(run.checkpoint_path("best")).weights for run in runs]
    assert weights[1]["attention.key.kernel"].shape == (16, 8)
    assert weights[0].keys() - weights[1].keys() == {"attention.energy", "attention.query.kernel"}


class NativeScorerPlugin:
    """Offers a scorer that is a PyTorch module and nothing else."""

    @hookimpl
    def s2s_attention_scorers(self) -> list[Component]:
        return [Component("near", "torch", f"{write_native_scorer()}:NearScorer", "a native scorer")]


def write_native_scorer() -> str:
    """Make the module at run time: importing this file must not need PyTorch."""
    import torch

    class NearScorer(torch.nn.Module):
        def __init__(self, query_size: int, memory_size: int) -> None:
            super().__init__()
            self.key = torch.nn.Linear(memory_size, query_size)

        def keys(self, memory: torch.Tensor) -> torch.Tensor:
            return self.key(memory)

        def score(self, query: torch.Tensor, keys: torch.Tensor) -> torch.Tensor:
            return query @ keys.mT

    module = types.ModuleType("near_scorer")
    module.NearScorer = NearScorer
    sys.modules[module.__name__] = module
    return module.__name__

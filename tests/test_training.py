"""Training: what the loop promises, in both frameworks and from one to the other."""

import json
import sys
import types
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from s2s_toolkit.batches import make_batch
from s2s_toolkit.components import ANY, Component
from s2s_toolkit.config import Config, parse_config
from s2s_toolkit.corpus import read_pairs
from s2s_toolkit.errors import DataError, RunError, S2SError, UnsupportedError
from s2s_toolkit.evaluation import evaluate
from s2s_toolkit.hookspecs import hookimpl
from s2s_toolkit.loading import load_model, load_translator
from s2s_toolkit.metrics import Metric, References, Sequences, load_metric
from s2s_toolkit.observers import BatchStep, Observer, Start, Validation
from s2s_toolkit.plugins import load_registry, register_plugin
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import Run, load_checkpoint, open_run, save_checkpoint
from s2s_toolkit.testing.requirements import require
from s2s_toolkit.training import train

FRAMEWORKS = ("torch", "tensorflow")
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


def config_for(folder: Path, framework: str = "torch", /, **sections: dict[str, Any]) -> Config:
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


def run_training(config: Config, path: Path, registry: Registry, **how: bool) -> tuple[Run, Log]:
    log = Log()
    return train(config, path, registry, log, **how), log


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_training_lowers_the_loss_and_leaves_a_run_that_translates(
    framework: str, data: Path, registry: Registry
) -> None:
    run, log = run_training(config_for(data, framework), data / "run", registry)
    assert log.validations[-1].dev_loss < 0.9 * log.losses[0]
    assert [json.loads(line)["epoch"] for line in run.metrics_path.read_text().splitlines()] == [1, 2, 3, 4]
    opened = open_run(data / "run", registry)
    assert opened.config == run.config
    assert len(load_translator(opened, registry)(["ab", "", "xyz"])) == 3
    assert not list((data / "run").rglob(".partial*"))


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_one_seed_gives_one_result_and_another_seed_another(framework: str, data: Path, registry: Registry) -> None:
    config = config_for(data, framework, training={"max_epochs": 1})
    weights = []
    for number, seed in enumerate((3, 3, 4)):
        run, _ = run_training(config.model_copy(update={"seed": seed}), data / f"run{number}", registry)
        weights.append(load_checkpoint(run.checkpoint_path("last")).weights)
    for name, array in weights[0].items():
        np.testing.assert_array_equal(array, weights[1][name], err_msg=name)
    assert any((array != weights[2][name]).any() for name, array in weights[0].items())


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_resumed_run_ends_as_the_undisturbed_one(framework: str, data: Path, registry: Registry) -> None:
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


def test_both_frameworks_start_alike_and_learn_alike_without_dropout(data: Path, registry: Registry) -> None:
    """One seed: the same first weights and batches, so the same losses."""
    still = {"dropout": 0.0, "encoder": {"name": "gru", "size": 8}}
    logs = [
        run_training(config_for(data, framework, model=still), data / framework, registry)[1]
        for framework in FRAMEWORKS
    ]
    np.testing.assert_allclose(logs[0].losses, logs[1].losses, rtol=1e-3)


def test_both_frameworks_see_the_same_noise_and_average_alike(data: Path, registry: Registry) -> None:
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


def test_noise_changes_what_is_learnt(data: Path, registry: Registry) -> None:
    weights = []
    for number, noise in enumerate([{}, {"word_dropout": 0.5}, {"scheduled_sampling": 1.0}, {"label_smoothing": 0.5}]):
        config = config_for(data, training={"max_epochs": 1, **noise})
        run, _ = run_training(config, data / f"run{number}", registry)
        weights.append(load_checkpoint(run.checkpoint_path("last")).weights["output.kernel"].tobytes())
    assert len(set(weights)) == 4


def test_the_average_is_validated_and_kept_and_training_goes_on_without_it(data: Path, registry: Registry) -> None:
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


@pytest.mark.parametrize(("first", "second"), [FRAMEWORKS, FRAMEWORKS[::-1]])
def test_a_run_continues_in_the_other_framework(first: str, second: str, data: Path, registry: Registry) -> None:
    """Weights, optimizer state and data order go over: without dropout the losses are those of one framework alone."""
    still, kept = {"dropout": 0.0, "encoder": {"name": "gru", "size": 8}}, {"moving_average": 0.8}
    alone = run_training(config_for(data, first, model=still, training=kept), data / "alone", registry)[1]
    run_training(config_for(data, first, model=still, training={"max_epochs": 2, **kept}), data / "run", registry)
    _, log = run_training(config_for(data, second, model=still, training=kept), data / "run", registry, resume=True)
    np.testing.assert_allclose(log.losses, alone.losses[12:], rtol=1e-3)
    np.testing.assert_allclose(log.validations[-1].dev_loss, alone.validations[-1].dev_loss, rtol=1e-3)
    assert open_run(data / "run", registry).config.framework == second


@pytest.mark.parametrize("metric", ["ser", "cer"])
def test_the_best_checkpoint_is_the_one_with_the_best_validation(data: Path, registry: Registry, metric: str) -> None:
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


def test_training_stops_when_patience_ends(data: Path, registry: Registry) -> None:
    config = config_for(
        data, training={"learning_rate": 1e-12, "patience": 2, "max_epochs": 50, "metric": "exact_match"}
    )
    _, log = run_training(config, data / "run", registry)
    assert len(log.validations) == 3


def test_patience_begins_anew_with_every_better_value(data: Path, registry: Registry) -> None:
    """A metric of which more is better: it gets better twice, then never again."""
    values = iter([1.0, 2.0, 1.5, 3.0, 2.5, 3.0, 9.0])

    def scripted(hypotheses: Sequences, references: References) -> float:
        return next(values) if len(hypotheses) > 1 else 0.0  # one pair alone is how a metric is tried beforehand

    register_plugin(registry, ScriptedMetricPlugin(scripted), "scripted")
    training = {"metric": "scripted", "patience": 2, "max_epochs": 50, "batch_size": 96}
    _, log = run_training(config_for(data, training=training), data / "run", registry)
    assert [v.best for v in log.validations] == [True, True, False, True, False, False]


def test_a_plateau_lowers_the_learning_rate_and_resuming_remembers_it(data: Path, registry: Registry) -> None:
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


def test_the_cosine_schedule_falls_from_the_learning_rate_to_zero(data: Path, registry: Registry) -> None:
    config = config_for(data, training={"schedule": "cosine", "max_epochs": 2})
    _, log = run_training(config, data / "run", registry)
    assert [v.learning_rate for v in log.validations] == pytest.approx([0.005, 0.0], abs=1e-9)


def test_the_cosine_schedule_goes_by_epochs_where_a_resumed_run_has_fewer_steps(data: Path, registry: Registry) -> None:
    cosine = {"schedule": "cosine", "max_epochs": 2}
    run_training(config_for(data, training=cosine), data / "run", registry)
    config = config_for(data, training={**cosine, "max_epochs": 4, "batch_size": 48})
    _, log = run_training(config, data / "run", registry, resume=True)
    expected = [0.005 * (1 + np.cos(np.pi * share)) for share in (0.75, 1.0)]
    assert [v.learning_rate for v in log.validations] == pytest.approx(expected, abs=1e-9)


def test_pairs_left_out_are_counted(data: Path, registry: Registry) -> None:
    with (data / "train.tsv").open("a") as file:
        file.write(f"\ta\n{'a' * 30}\tb\n")
    config = config_for(data, data={"max_source_length": 20}, training={"max_epochs": 1})
    _, log = run_training(config, data / "run", registry)
    assert log.skipped == {"empty": 1, "too long": 1}


def test_an_existing_run_is_replaced_only_by_force(data: Path, registry: Registry) -> None:
    config = config_for(data, training={"max_epochs": 1})
    run, _ = run_training(config, data / "run", registry)
    before = run.checkpoint_path("best").read_bytes()
    with pytest.raises(S2SError, match="--force"):
        run_training(config, data / "run", registry)
    assert run.checkpoint_path("best").read_bytes() == before
    run_training(config.model_copy(update={"seed": 9}), data / "run", registry, force=True)
    assert run.checkpoint_path("best").read_bytes() != before


def test_a_folder_of_something_else_is_never_replaced(data: Path, registry: Registry) -> None:
    with pytest.raises(RunError, match="not a run directory"):
        run_training(config_for(data), data, registry, force=True)
    assert (data / "train.tsv").is_file()


def test_nothing_is_made_when_the_data_is_bad(data: Path, registry: Registry) -> None:
    (data / "dev.tsv").write_text("no tab here\n")
    with pytest.raises(DataError, match="line 1"):
        run_training(config_for(data), data / "run", registry)
    assert not (data / "run").exists()


def test_resuming_another_model_is_refused(data: Path, registry: Registry) -> None:
    run_training(config_for(data, training={"max_epochs": 1}), data / "run", registry)
    with pytest.raises(RunError, match=r"\[model\] differs"):
        run_training(config_for(data, model={"embedding_size": 9}), data / "run", registry, resume=True)


def test_resuming_under_another_metric_is_refused(data: Path, registry: Registry) -> None:
    """What was best by one metric says nothing about another."""
    run_training(config_for(data, training={"max_epochs": 1}), data / "run", registry)
    with pytest.raises(RunError, match="chosen by 'loss'"):
        run_training(config_for(data, training={"metric": "wer"}), data / "run", registry, resume=True)


def test_a_half_written_line_of_metrics_is_dropped_by_resuming(data: Path, registry: Registry) -> None:
    run, _ = run_training(config_for(data, training={"max_epochs": 1}), data / "run", registry)
    with run.metrics_path.open("a") as file:
        file.write('{"epoch": 2, "st')
    run_training(config_for(data, training={"max_epochs": 2}), data / "run", registry, resume=True)
    assert [json.loads(line)["epoch"] for line in run.metrics_path.read_text().splitlines()] == [1, 2]


def test_a_checkpoint_without_optimizer_state_can_not_be_resumed(data: Path, registry: Registry) -> None:
    run, _ = run_training(config_for(data, training={"max_epochs": 1}), data / "run", registry)
    last = load_checkpoint(run.checkpoint_path("last"))
    save_checkpoint(run.checkpoint_path("last"), last.weights, {}, last.progress)
    with pytest.raises(RunError, match="lacks the optimizer's 'mean"):
        run_training(config_for(data, training={"max_epochs": 2}), data / "run", registry, resume=True)


def test_a_training_that_diverges_ends_with_what_would_help(data: Path, registry: Registry) -> None:
    with pytest.raises(S2SError, match="training diverged"):
        run_training(config_for(data, training={"learning_rate": 1e38}), data / "run", registry)


def test_the_reference_does_not_train(data: Path, registry: Registry) -> None:
    with pytest.raises(UnsupportedError, match="torch"):
        run_training(config_for(data, "numpy"), data / "run", registry)
    assert not (data / "run").exists()


def test_a_scorer_of_one_framework_alone_trains_among_built_in_parts(data: Path, registry: Registry) -> None:
    """What the native scorer does not declare is guessed; the parts around it start as they always do."""
    plain, mixed = (
        config_for(data, training={"max_epochs": 1}, model=m) for m in ({}, {"attention": {"name": "near"}})
    )
    register_plugin(registry, NativeScorerPlugin(), "near")
    runs = [run_training(config, data / str(number), registry)[0] for number, config in enumerate((plain, mixed))]
    weights = [load_checkpoint(run.checkpoint_path("best")).weights for run in runs]
    assert weights[1]["attention.key.kernel"].shape == (16, 8)
    assert weights[0].keys() - weights[1].keys() == {"attention.energy", "attention.query.kernel"}


class ScriptedMetricPlugin:
    """Offers the metric "scripted", of which more is better."""

    def __init__(self, compute: Callable[[Sequences, References], float]) -> None:
        module = types.ModuleType("scripted_metric")
        module.metric = Metric("scripted", higher_is_better=True, unit="", compute=compute)
        sys.modules[module.__name__] = module

    @hookimpl
    def s2s_metrics(self) -> list[Component]:
        return [Component("scripted", ANY, "scripted_metric:metric", "a script")]


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

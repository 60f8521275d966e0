"""Several devices train as one does. A process begins with as many as it will have, so each framework has its own."""

import json
import multiprocessing
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from s2s_toolkit.batches import make_batch
from s2s_toolkit.config import Config, read_config
from s2s_toolkit.errors import S2SError, UnsupportedError
from s2s_toolkit.loading import framework_on
from s2s_toolkit.plugins import load_registry
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import load_checkpoint
from s2s_toolkit.shares import share_seeds, shares
from s2s_toolkit.testing.requirements import require
from s2s_toolkit.testing.tiny_training import Recorder, write_tiny
from s2s_toolkit.training import train

MANY = 3
"""Devices; the last batch of an epoch has fewer pairs."""
EVERYTHING = {
    "batch_size": 3,
    "accumulate": 2,
    "max_epochs": 6,
    "learning_rate": 0.01,
    "schedule": "plateau",
    "clip_norm": 0.5,
    "weight_decay": 0.01,
    "label_smoothing": 0.1,
    "word_dropout": 0.2,
    "scheduled_sampling": 0.3,
    "moving_average": 0.9,
    "metric": "loss",
    "patience": 0,
    "validate_every": 3,
    "checkpoint_every": 1,
}
PART = """
from torch import nn

from s2s_toolkit.components import Component
from s2s_toolkit.hookspecs import hookimpl

class Scorer(nn.Module):
    def __init__(self, query_size: int, memory_size: int):
        super().__init__()
        self.key = nn.Linear(memory_size, query_size, bias=False)
        self.more = MORE

    def keys(self, memory):
        return self.key(memory)

    def score(self, query, keys):
        return query @ keys.transpose(1, 2)

@hookimpl
def s2s_attention_scorers():
    return [Component("NAME", "torch", f"{__name__}:Scorer", "for a test")]
"""
FORK = 3
"""The step that a second training goes on from, in as many devices as it likes."""


class Copier(Recorder):
    """Copies a run as it stands before the end of step `FORK`: as an interruption there would leave it."""

    def __init__(self, run: Path, copy: Path) -> None:
        super().__init__()
        self.run, self.copy = run, copy

    def on_step(self, event: Any) -> None:
        super().on_step(event)
        if event.step == FORK:
            shutil.copytree(self.run, self.copy)


def tiny_config(folder: Path, framework: str, devices: int, **sections: Any) -> Config:
    training = {**EVERYTHING, **sections.get("training", {}), "devices": devices}
    path = write_tiny(folder, **{**sections, "training": training})
    return read_config(path).model_copy(update={"framework": framework})


def train_forked(
    folder: Path, framework: str, registry: Registry, devices: tuple[int, int], **sections: Any
) -> list[dict[int, float]]:
    """Train `folder / one` on as many devices, and from step `FORK` on as `folder / other` on others; their losses."""
    first, second = (tiny_config(folder, framework, number, **sections) for number in devices)
    copier, recorder = Copier(folder / "one", folder / "other"), Recorder()
    train(first, folder / "one", registry, copier)
    train(second, folder / "other", registry, recorder, resume=True)
    return [copier.losses, recorder.losses]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Path, dict[str, Any]]]:
    """Where a framework, in a process of its own, left the trainings, and what the process told."""

    @cache
    def all_of(framework: str) -> tuple[Path, dict[str, Any]]:
        require(framework)
        folder = tmp_path_factory.mktemp(framework)
        subprocess.run([sys.executable, __file__, folder, framework], check=True)
        return folder, json.loads((folder / "told.json").read_text())

    return all_of


@pytest.mark.parametrize("framework", ["torch", "tensorflow"])
def test_losses_and_weights_are_those_of_one_device(framework: str, trained: Any) -> None:
    """With all that a step knows but dropout; the other training goes on with many devices after two steps."""
    folder, told = trained(framework)
    alone, together = told["losses"]
    assert (len(alone), len(together)) == (24, 22)
    assert together == pytest.approx({step: alone[step] for step in together}, rel=1e-4)
    one, other = (load_checkpoint(folder / name / "checkpoints/last.safetensors") for name in ("one", "other"))
    for expected, found in ((one.weights, other.weights), (one.optimizer, other.optimizer)):
        assert expected.keys() == found.keys()
        for name, array in expected.items():
            np.testing.assert_allclose(found[name], array, rtol=1e-2, atol=2e-4, err_msg=name)


def test_pytorch_does_without_its_compiler(trained: Any) -> None:
    """Which takes a second to import, and ends a process that has TensorFlow where it comes with Triton."""
    assert "torch._dynamo" not in trained("torch")[1]["modules"]


def test_every_row_goes_to_one_device() -> None:
    batch = make_batch([([4 + n] * (n + 1), [5 + n]) for n in range(5)])
    found = shares(batch, 3)
    assert [share.source_lengths.tolist() for share in found] == [[2, 5], [3, 6], [4]]
    assert sum(share.num_target_tokens for share in found) == batch.num_target_tokens


def test_a_device_without_a_row_has_nothing_to_learn() -> None:
    found = shares(make_batch([([4], [5, 6]), ([7], [8])]), 3)
    assert [share.num_target_tokens for share in found] == [3, 2, 0]
    assert [len(share.source_ids) for share in found] == [1, 1, 1]


def test_dropout_differs_between_devices_and_is_that_of_one_on_the_first() -> None:
    assert share_seeds([7, 8], 0) == [7, 8]
    drawn = [share_seeds([7, 8], device) for device in range(4)]
    assert len({seed for seeds in drawn for seed in seeds}) == 8
    assert drawn == [share_seeds([7, 8], device) for device in range(4)]


def test_with_dropout_a_resumed_training_ends_as_the_undisturbed_one(tmp_path: Path, registry: Registry) -> None:
    require("torch")
    train_forked(tmp_path, "torch", registry, (2, 2), model={"dropout": 0.3}, training={"max_epochs": 1})
    whole, resumed = (load_checkpoint(tmp_path / name / "checkpoints/last.safetensors") for name in ("one", "other"))
    for name, array in {**whole.weights, **whole.optimizer}.items():
        np.testing.assert_array_equal({**resumed.weights, **resumed.optimizer}[name], array, err_msg=name)


class Killer(Recorder):
    """Ends a process of the training after a step."""

    def on_step(self, event: Any) -> None:
        super().on_step(event)
        if event.step == 2:
            multiprocessing.active_children()[0].kill()


def test_a_process_that_dies_ends_the_training_in_one_line(tmp_path: Path, registry: Registry) -> None:
    require("torch")
    config = read_config(write_tiny(tmp_path, training={"devices": 2})).model_copy(update={"framework": "torch"})
    with pytest.raises(S2SError, match=r"^training on several devices failed: .* device 1 was ended \(exit code -9\)$"):
        train(config, tmp_path / "run", registry, Killer())
    assert not left_behind()


def test_an_interrupted_training_leaves_nothing_behind(tmp_path: Path, registry: Registry) -> None:
    require("torch")
    with pytest.raises(KeyboardInterrupt):
        train(tiny_config(tmp_path, "torch", 2), tmp_path / "run", registry, Recorder(stop_at=2))
    assert not left_behind()


def left_behind() -> list[object]:
    """Processes, and threads of connections, of which Linux tells the names."""
    threads = [path.read_text() for path in Path("/proc/self/task").glob("*/comm")]
    return [*multiprocessing.active_children(), *(name for name in threads if "gloo" in name or "tcpstore" in name)]


def test_a_part_from_a_file_is_trained_even_if_it_has_idle_weights(s2s: Any, folder: Path) -> None:
    require("torch")
    (folder / "idle_scorer.py").write_text(PART.replace("MORE", "nn.Linear(2, 3)").replace("NAME", "idle"))
    options = ("--plugin", "idle_scorer.py", "--set", "attention={name='idle'}")
    for devices in (1, 2):
        assert s2s("train", "tiny.toml", "-o", f"run{devices}", *options, "--devices", devices).exit_code == 0
    one, two = (json.loads((folder / f"run{n}/metrics.jsonl").read_text())["dev_loss"] for n in (1, 2))
    assert two == pytest.approx(one, rel=1e-5)


def test_a_part_that_holds_what_can_not_be_sent_is_made_anew(s2s: Any, folder: Path) -> None:
    require("torch")
    (folder / "lasting_scorer.py").write_text(PART.replace("MORE", "lambda: 0").replace("NAME", "lasting"))
    options = ("--plugin", "lasting_scorer.py", "--set", "attention={name='lasting'}", "--devices", 2)
    assert s2s("train", "tiny.toml", *options).exit_code == 0


def test_a_part_that_another_process_does_not_find_ends_the_training_in_one_line(
    s2s: Any, folder: Path, with_part: Any
) -> None:
    require("torch")
    scorer = load_registry().load("attention scorer", "additive")
    parts = with_part("s2s_attention_scorers", "local", scorer)
    done = s2s("train", "tiny.toml", "--set", "attention={name='local', size=5}", "--devices", 2, parts=parts)
    assert done.exit_code == 2
    assert "training on several devices failed: device 1: ModuleNotFoundError: No module named" in done.stderr
    assert not left_behind()


def test_tensorflow_must_not_have_begun(registry: Registry) -> None:
    require("tensorflow")
    import tensorflow as tf

    if tf.config.list_logical_devices("GPU"):
        pytest.skip("on GPUs it may have")
    with pytest.raises(UnsupportedError, match="has begun to compute in this process, on 1 CPU device, which can't"):
        framework_on("cpu", "tensorflow", registry, devices=2)


if __name__ == "__main__":
    place, used = Path(sys.argv[1]), sys.argv[2]
    offered = load_registry()
    framework_on("cpu", used, offered, devices=MANY)
    losses = train_forked(place, used, offered, (1, MANY))
    (place / "told.json").write_text(json.dumps({"losses": losses, "modules": sorted(sys.modules)}))

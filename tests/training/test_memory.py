"""Where memory is short a training, and what decodes, ends in one line that says for what, and what takes less."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from s2s_toolkit.run import load_checkpoint
from s2s_toolkit.testing.requirements import require
from s2s_toolkit.testing.tiny_training import write_tiny

LONG, MANY = 150, 2**31 - 1
MODEL = {
    "embedding_size": 8,
    "encoder": {"name": "gru", "size": 8},
    "attention": {"name": "additive", "size": 1024},
    "decoder": {"name": "bahdanau", "size": 8},
}
"""Attention compares each of 150 target symbols with as many of a source, in 1,024 numbers: 92 MB for a pair."""
PLUGIN = """
import resource
from pathlib import Path

from s2s_toolkit.components import ANY, Component
from s2s_toolkit.hookspecs import hookimpl
from s2s_toolkit.observers import Observer

class Limiter(Observer):
    '''Lets the process have hardly more memory than it has after its first step.'''

    def on_step(self, event):
        has = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (has + 40_000_000, resource.RLIM_INFINITY))

@hookimpl
def s2s_training_observers():
    return [Component("limiter", ANY, f"{__name__}:Limiter", "for a test")]
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is limited by what the process has, on Linux")
@pytest.mark.parametrize("framework", ["torch", "tensorflow"])
def test_a_step_for_which_there_is_no_memory_is_told_with_its_batch(framework: str, tmp_path: Path) -> None:
    require(framework)
    data = {"max_source_length": LONG, "max_target_length": LONG}
    training = {"batch_size": 4, "max_epochs": 1, "checkpoint_every": 1, "metric": "loss"}
    config = write_tiny(tmp_path, data={"train": "long.tsv", "dev": "dev.tsv", **data}, model=MODEL, training=training)
    (tmp_path / "long.tsv").write_text("ab\tx\n" * 16 + f"{'ab' * (LONG // 2)}\t{'xy' * (LONG // 2 - 1)}\n" * 4)
    (tmp_path / "limiter.py").write_text(PLUGIN)
    run = tmp_path / "run"
    options = ["--framework", framework, "-o", run, "--plugin", tmp_path / "limiter.py", "--observer", "limiter"]
    command = [sys.executable, "-c", "from s2s_toolkit.cli import main; main()", "train", config, *options]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 2, done.stderr
    step = load_checkpoint(run / "checkpoints" / "last.safetensors").progress["step"] + 1
    assert 1 < step < 6  # the long pairs are one batch, which does not come first
    assert done.stderr.splitlines()[-1] == (
        f"s2s: not enough memory for step {step}, a batch of 4 pairs, each of 151 source and 149 target symbols with "
        "padding; last.safetensors is as it was before; a lower training.batch_size, now 4, takes less (with a higher "
        "training.accumulate for the same steps), as does a lower data.max_source_length or data.max_target_length"
    )
    assert not list(run.rglob(".*"))


@pytest.mark.parametrize("framework", ["numpy", "torch"])
def test_decoding_for_which_there_is_no_memory_is_told(framework: str, run: Path, refusal: Callable[..., str]) -> None:
    require("torch")
    (run.parent / "text.txt").write_text("12 ab\n")
    said = refusal("translate", run, run.parent / "text.txt", "--framework", framework, "-O", f"beam_size={MANY}")
    assert said.startswith("not enough memory (")
    assert said.endswith("; shorter texts, a lower beam_size or --max-length, or a smaller batch or model takes less")


@pytest.mark.parametrize("framework", ["torch", "tensorflow"])
def test_a_model_whose_size_no_number_holds_is_told(framework: str, tmp_path: Path, s2s: Callable[..., Result]) -> None:
    require(framework)
    model = {"embedding_size": MANY, "encoder": {"name": "gru", "size": MANY}}
    config = write_tiny(tmp_path, model=model)
    done = s2s("train", config, "-o", tmp_path / "run", "--framework", framework, "--dry-run")
    assert done.exit_code == 2
    assert done.stderr.splitlines()[-1].startswith("s2s: not enough memory (")

"""Two devices beside one: the same training, on two halves of a processor and on all of it.

python benchmarks/devices.py
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import click
import numpy as np

from s2s_toolkit.config import Config, parse_config
from s2s_toolkit.observers import BatchStep, Observer
from s2s_toolkit.plugins import load_registry
from s2s_toolkit.training import train

STEPS, WARM, ROUNDS = 24, 4, 3
"""Steps of a training, those of them that are not timed, and how often each training is made."""

PAIRS, LENGTH, SYMBOLS = 2000, 20, 200


class Clock(Observer):
    """Losses and speed of the steps."""

    def __init__(self) -> None:
        self.losses: list[float] = []
        self.speeds: list[float] = []
        self.since = time.perf_counter()

    def on_step(self, event: BatchStep) -> None:
        now = time.perf_counter()
        self.losses.append(event.loss / event.tokens)
        self.speeds.append(event.tokens / (now - self.since))
        self.since = now


def config(folder: Path, framework: str, devices: int) -> Config:
    """A GRU model of 256 in batches of 64."""
    part = {"size": 256}
    content: dict[str, Any] = {
        "framework": framework,
        "data": {"train": "train.tsv", "dev": "dev.tsv"},
        "model": {
            "embedding_size": 128,
            "encoder": {"name": "gru", **part},
            "attention": {"name": "additive", **part},
            "decoder": {"name": "bahdanau", **part},
        },
        "training": {"batch_size": 64, "max_steps": STEPS, "devices": devices},
    }
    return parse_config(content, folder=folder, where="benchmark")


def write_pairs(folder: Path) -> None:
    """Random texts, and what each symbol of them becomes."""
    rng = np.random.default_rng(1)
    symbols = [chr(0x4E00 + number) for number in range(SYMBOLS)]
    written = np.array(symbols)[rng.permutation(SYMBOLS)]
    for name, count in {"train": PAIRS, "dev": 20}.items():
        drawn = [rng.integers(0, SYMBOLS, rng.integers(LENGTH // 2, LENGTH + 1)) for _ in range(count)]
        lines = ("".join(symbols[i] for i in ids) + "\t" + "".join(written[ids]) + "\n" for ids in drawn)
        (folder / f"{name}.tsv").write_text("".join(lines), encoding="utf-8")


def measure(folder: Path, framework: str, devices: int) -> tuple[float, float]:
    """Tokens a second and the loss of the last step, in a process of its own."""
    command = [sys.executable, __file__, "--folder", folder, "--framework", framework, "--devices", str(devices)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    speed, loss = json.loads(done.stdout.splitlines()[-1])
    return speed, loss


@click.command()
@click.option("--folder", type=click.Path(path_type=Path))
@click.option("--framework")
@click.option("--devices", type=int, default=1)
def main(folder: Path | None, framework: str | None, devices: int) -> None:
    """Without options, the table."""
    if folder and framework:
        clock = Clock()
        train(config(folder, framework, devices), folder / "run", load_registry(), clock, force=True)
        click.echo(json.dumps([statistics.median(clock.speeds[WARM:]), clock.losses[-1]]))
        return
    click.echo(f"| framework | devices | target symbols a second | loss of step {STEPS} |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary)
        write_pairs(place)
        for name in ("torch", "tensorflow"):
            rounds = [[measure(place, name, count) for count in (1, 2)] for _ in range(ROUNDS)]
            for number, found in enumerate(zip(*rounds, strict=True), start=1):
                speed = statistics.median(speed for speed, _ in found)
                click.echo(f"| {name} | {number} | {speed:,.0f} | {found[0][1]:.6f} |")


if __name__ == "__main__":
    main()

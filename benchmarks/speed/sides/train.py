"""Ours in training: `s2s_toolkit.training.train`, as `s2s train` calls it, in either framework."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.speed.measured import Measured, Stopwatch, peak_memory
from s2s_toolkit.config import Config, parse_config
from s2s_toolkit.observers import BatchStep, Observer, Start
from s2s_toolkit.plugins import load_registry
from s2s_toolkit.training import train


class Clock(Observer):
    """Times the steps after the first ones, from the end of one to the end of the last."""

    def __init__(self, warm: int) -> None:
        self.warm, self.watch = warm, Stopwatch()
        self.tokens = self.all_tokens = self.parameters = 0
        self.seconds = (0.0, 0.0)

    def on_start(self, event: Start) -> None:
        self.parameters = event.num_parameters

    def on_step(self, event: BatchStep) -> None:
        self.all_tokens += event.tokens
        if event.step > self.warm:
            self.tokens += event.tokens
            self.seconds, self.memory = self.watch.stop(), peak_memory()
        elif event.step == self.warm:
            self.watch.start()


def measure(options: Mapping[str, Any]) -> Iterator[Measured]:
    """One pass over the prepared pairs; see `benchmarks.speed.training` for the options."""
    clock = Clock(options["warm"])
    with TemporaryDirectory() as place:
        train(config(options), Path(place) / "run", load_registry(), clock)
    facts = {"parameters": clock.parameters, "target tokens": clock.all_tokens}
    yield Measured(clock.tokens, *clock.seconds, clock.memory, facts=facts)


def config(options: Mapping[str, Any]) -> Config:
    """The config of a training."""
    folder = options["folder"]
    side = {"tokenizer": "words", "vocabulary": folder}
    content = {
        "framework": options["framework"],
        "data": {"train": "train.tsv", "dev": "dev.tsv"},
        "source": side,
        "target": side,
        "model": options["model"],
        "training": {
            "batch_size": options["batch_size"],
            "max_epochs": 1,
            "learning_rate": options.get("learning_rate", 1e-3),
        },
    }
    return parse_config(content, folder=Path(folder), where="benchmark")

"""Models for what is measured of decoding: trained, or with random weights."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import numpy as np

from benchmarks.speed.bench import Bench
from benchmarks.speed.data import WORDS, prepared
from benchmarks.speed.shape import Shape
from benchmarks.speed.sides.train import config
from s2s_toolkit.config import Config
from s2s_toolkit.exporter import find_exporter
from s2s_toolkit.files import atomic_folder
from s2s_toolkit.loading import plan_of
from s2s_toolkit.model import build_parts, declared_weights
from s2s_toolkit.observers import Observer
from s2s_toolkit.plugins import load_registry
from s2s_toolkit.run import Run, create_run, load_checkpoint, open_run, save_checkpoint
from s2s_toolkit.text import load_side
from s2s_toolkit.training import train
from s2s_toolkit.vocabulary import Vocabulary
from s2s_toolkit.weights import initial_weights

MIN_LENGTH, MAX_LENGTH = 8, 60
"""Symbols of a target: without the first, a model that was trained for so short a time would rather say nothing."""

LACKING = ("attention.key.bias", "output.bias")
"""What JoeyNMT's model does not have; zero here, so that both are one model (`joeynmt_weights.py`)."""


def trained_run(bench: Bench, shape: Shape) -> Path:
    """A run trained for one pass over the words, so that targets have sensible lengths; minutes, once."""
    folder, _ = prepared(WORDS, bench, pairs=pairs_to_train_on(bench))
    path = bench.cache / "runs" / f"words-{bench.scale}"
    if not path.exists():
        click.echo(f"Training the model to decode with, in {path}", err=True)
        given = {
            "folder": str(folder),
            "framework": "torch",
            "batch_size": bench.size(64, 64, 8),
            "learning_rate": 3e-3,
        }
        registry = load_registry()
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_folder(path) as folder:
            run = train(config({**given, "model": shape.config()}), folder, registry, Observer())
            weights = load_checkpoint(run.weights_path()).weights
            zeros = {name: np.zeros_like(weights[name]) for name in LACKING}
            save_checkpoint(run.checkpoint_path("best"), weights | zeros)
    return path


def pairs_to_train_on(bench: Bench) -> int:
    """How many pairs `trained_run` is trained on."""
    return bench.size(29_000, 64 * 150, 16)


def exported(
    bench: Bench,
    run_path: Path,
    beam_size: int = 5,
    *,
    lengths: tuple[int, int] = (MIN_LENGTH, MAX_LENGTH),
    precision: str = "fp32",
    form: str = "single",
) -> Path:
    """The run's file, made once in a run of the benchmark. Beam search, greedy for a beam of 1."""
    path = bench.files / f"{run_path.name}-{beam_size}-{precision}-{form}.onnx"
    if not path.exists():
        registry = load_registry()
        exporter = find_exporter("onnx", registry, {"precision": precision, "form": form})
        beam = {"beam_size": beam_size} if beam_size > 1 else {}
        exporter.export(
            open_run(run_path, registry),
            path,
            registry,
            framework="torch",
            strategy="beam" if beam else "greedy",
            options={**beam, "min_length": lengths[0], "max_length": lengths[1]},
        )
    return path


def random_run(path: Path, config: Mapping[str, Any], *, num_symbols: int, spread: float = 0.0) -> Path:
    """A run with random weights, made once.

    Args:
        path: Where.
        config: Its config but for `[data]`; both sides read words.
        num_symbols: Words of each side, "0", "1", …
        spread: Deviation of what is added to the first weights, so that targets depend on their sources.
    """
    if not path.exists():
        registry = load_registry()
        sides = {name: {"tokenizer": "words"} for name in ("source", "target")}
        parsed = Config.model_validate(
            {"framework": "torch", "data": {"train": "none", "dev": "none"}, **sides, **config}
        )
        vocabulary = Vocabulary([str(number) for number in range(num_symbols)])
        source, target = (load_side(side, registry, vocabulary) for side in (parsed.source, parsed.target))
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_folder(path) as folder:
            run = Run(folder, parsed, source, target)
            create_run(run)
            parts, rng = build_parts(parsed.model, registry, "numpy"), np.random.default_rng(1)
            first = initial_weights(declared_weights(plan_of(run), parts), seed=1)
            drawn = {name: (w + rng.normal(0, spread, w.shape)).astype(np.float32) for name, w in first.items()}
            save_checkpoint(run.checkpoint_path("best"), drawn)
    return path

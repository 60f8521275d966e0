"""Trained models for what is measured of decoding: ours, and the same one in JoeyNMT's format."""

import shutil
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
from s2s_toolkit.loading import plan_of
from s2s_toolkit.model import build_parts, declared_weights
from s2s_toolkit.observers import Observer
from s2s_toolkit.plugins import load_registry
from s2s_toolkit.run import Run, create_run, load_checkpoint, open_run, save_checkpoint
from s2s_toolkit.text import load_side
from s2s_toolkit.training import train
from s2s_toolkit.vocabulary import Vocabulary
from s2s_toolkit.weights import initial_weights

MAX_LENGTH = 60
"""Symbols of a target at most."""

LACKING = ("attention.key.bias", "output.bias")
"""What JoeyNMT's model does not have; zero here, so that both are one model."""


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
        unfinished = path.with_name(f"{path.name}.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        registry = load_registry()
        run = train(config({**given, "model": shape.config()}), unfinished, registry, Observer())
        weights = load_checkpoint(run.weights_path()).weights
        save_checkpoint(run.checkpoint_path("best"), weights | {name: np.zeros_like(weights[name]) for name in LACKING})
        unfinished.rename(path)
    return path


def pairs_to_train_on(bench: Bench) -> int:
    """How many pairs `trained_run` is trained on."""
    return bench.size(29_000, 64 * 150, 16)


def exported(run_path: Path, beam_size: int = 5, max_length: int = MAX_LENGTH, **choices: str) -> Path:
    """The run's file with some of the exporter's choices; made once. Beam search, greedy for a beam of 1."""
    path = run_path / f"{'-'.join(['beam', str(beam_size), *choices.values()])}.onnx"
    if not path.exists():
        registry = load_registry()
        exporter = find_exporter("onnx", registry, choices)
        beam = {"beam_size": beam_size} if beam_size > 1 else {}
        exporter.export(
            open_run(run_path, registry),
            path,
            registry,
            framework="torch",
            strategy="beam" if beam else "greedy",
            options={**beam, "max_length": max_length},
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
        run = Run(path, parsed, source, target)
        create_run(run)
        first = initial_weights(declared_weights(plan_of(run), build_parts(parsed.model, registry, "numpy")), seed=1)
        rng = np.random.default_rng(1)
        drawn = {name: (array + rng.normal(0, spread, array.shape)).astype(np.float32) for name, array in first.items()}
        save_checkpoint(run.checkpoint_path("best"), drawn)
    return path


def joeynmt_checkpoint(run_path: Path) -> Path:
    """The run's weights as JoeyNMT loads them; made once."""
    import torch

    path = run_path / "joeynmt.ckpt"
    if not path.exists():
        weights = load_checkpoint(open_run(run_path, load_registry()).weights_path()).weights
        state = {name: torch.tensor(np.ascontiguousarray(array)) for name, array in joeynmt_weights(weights).items()}
        torch.save({"model_state": state}, path)
    return path


def joeynmt_weights(w: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Our weights by JoeyNMT's names: matrices transposed, and its first two symbols change places."""
    swapped = np.r_[1, 0, 2 : len(w["source_embedding"])], np.r_[1, 0, 2 : len(w["target_embedding"])]
    found = {
        "src_embed.lut.weight": w["source_embedding"][swapped[0]],
        "trg_embed.lut.weight": w["target_embedding"][swapped[1]],
        "decoder.output_layer.weight": w["output.kernel"].T[swapped[1]],
        "decoder.att_vector_layer.weight": w["decoder.readout.kernel"].T,
        "decoder.att_vector_layer.bias": w["decoder.readout.bias"],
        "decoder.bridge_layer.weight": w["decoder.bridge.kernel"].T,
        "decoder.bridge_layer.bias": w["decoder.bridge.bias"],
        "decoder.attention.key_layer.weight": w["attention.key.kernel"].T,
        "decoder.attention.query_layer.weight": w["attention.query.kernel"].T,
        "decoder.attention.energy_layer.weight": w["attention.energy"][None],
    }
    cells = {
        "encoder.rnn.{}_l0": "encoder.layers.0.forward",
        "encoder.rnn.{}_l0_reverse": "encoder.layers.0.backward",
        "decoder.rnn.{}_l0": "decoder.layers.0",
    }
    arrays = {
        "weight_ih": "input_kernel",
        "weight_hh": "recurrent_kernel",
        "bias_ih": "input_bias",
        "bias_hh": "recurrent_bias",
    }
    cells_found = {
        place.format(theirs): w[f"{cell}.{ours}"].T for place, cell in cells.items() for theirs, ours in arrays.items()
    }
    return found | cells_found

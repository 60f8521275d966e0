"""Trained models for what is measured of decoding: ours, and the same one in JoeyNMT's format."""

import shutil
from collections.abc import Mapping
from pathlib import Path

import click
import numpy as np

from benchmarks.speed.bench import Bench
from benchmarks.speed.data import WORDS, prepared
from benchmarks.speed.shape import Shape
from benchmarks.speed.sides.train import config
from s2s_toolkit.exporter import find_exporter
from s2s_toolkit.observers import Observer
from s2s_toolkit.plugins import load_registry
from s2s_toolkit.run import load_checkpoint, open_run, save_checkpoint
from s2s_toolkit.training import train

LACKING = ("attention.key.bias", "output.bias")
"""What JoeyNMT's model does not have; zero here, so that both are one model."""


def trained_run(bench: Bench, shape: Shape) -> Path:
    """A run trained for one pass over the words, so that targets have sensible lengths; minutes, once."""
    folder, _ = prepared(WORDS, bench, pairs=bench.size(29_000, 64 * 40, 16))
    path = bench.cache / "runs" / f"words-{bench.scale}"
    if not path.exists():
        click.echo(f"Training the model to decode with, in {path}", err=True)
        given = {"folder": str(folder), "framework": "torch", "batch_size": bench.size(64, 64, 8)}
        unfinished = path.with_name(f"{path.name}.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        registry = load_registry()
        run = train(config({**given, "model": shape.config()}), unfinished, registry, Observer())
        weights = load_checkpoint(run.weights_path()).weights
        save_checkpoint(run.checkpoint_path("best"), weights | {name: np.zeros_like(weights[name]) for name in LACKING})
        unfinished.rename(path)
    return path


def exported(run_path: Path, **choices: str) -> Path:
    """The run's file with some of the exporter's choices, beam search; made once."""
    name = "-".join(["model", *choices.values()])
    path = run_path / f"{name}.onnx"
    if not path.exists():
        registry = load_registry()
        exporter = find_exporter("onnx", registry, choices)
        options = {"beam_size": 5, "max_length": 60}
        run = open_run(run_path, registry)
        exporter.export(run, path, registry, framework="torch", strategy="beam", options=options)
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

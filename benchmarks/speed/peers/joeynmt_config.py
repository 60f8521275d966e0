"""A config of JoeyNMT for a prepared corpus."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from joeynmt.config import BaseConfig, parse_global_args


def arguments(options: Mapping[str, Any], model_folder: Path, *, mode: str) -> BaseConfig:
    """What JoeyNMT makes of its YAML file: training without validation, or beam search."""
    folder = Path(options["folder"])
    sides = {
        short: {"lang": name, "level": "word", "voc_file": str(folder / f"{name}.txt")}
        for short, name in (("src", "source"), ("trg", "target"))
    }
    splits = {split: str(folder / split) for split in ("train", "dev")}
    sections = {
        "data": {**splits, **sides, "dataset_type": "plain"},
        "model": model_section(options["shape"]),
        "training": training_section(options),
        "testing": testing_section(options),
    }
    return parse_global_args(
        {"name": "speed", "model_dir": str(model_folder), "use_cuda": False, **sections}, mode=mode
    )


def model_section(shape: Mapping[str, Any]) -> dict[str, Any]:
    """`benchmarks.speed.shape.Shape`, in JoeyNMT's words."""
    rnn = {"rnn_type": "gru", "hidden_size": shape["hidden"], "num_layers": 1, "dropout": shape["dropout"]}
    embeddings = {"embedding_dim": shape["embedding"], "dropout": shape["dropout"]}
    attention = {"additive": "bahdanau", "general": "luong"}[shape["scorer"]]
    decoder = {"attention": attention, "input_feeding": shape["input_feeding"], "init_hidden": "bridge"}
    return {
        "encoder": {"type": "recurrent", **rnn, "bidirectional": True, "embeddings": embeddings},
        "decoder": {
            "type": "recurrent",
            **rnn,
            **decoder,
            "hidden_dropout": shape["dropout"],
            "embeddings": embeddings,
        },
    }


def training_section(options: Mapping[str, Any]) -> dict[str, Any]:
    """As our defaults have it, for one pass.

    Its learning rate falls by one percent once: JoeyNMT refuses to have no schedule at all, and torch 2.13 no longer
    knows the argument `verbose` that it gives to "plateau", the usual one.
    """
    return {
        "optimizer": "adam",
        "learning_rate": 1e-3,
        "scheduling": "exponential",
        "decrease_factor": 0.99,
        "clip_grad_norm": 1.0,
        "normalization": "tokens",
        "batch_size": options.get("batch_size", 1),
        "epochs": 1,
        "validation_freq": 10**9,
        "logging_freq": 10**9,
        "keep_best_ckpts": 0,
        "load_model": options.get("checkpoint"),
    }


def testing_section(options: Mapping[str, Any]) -> dict[str, Any]:
    """Beam search as ours: without a length penalty."""
    return {
        "load_model": options.get("checkpoint"),
        "batch_size": options.get("batch_size", 1),
        "beam_size": options.get("beam_size", 1),
        "beam_alpha": -1,
        "max_output_length": options.get("max_length", 1),
        "min_output_length": options.get("min_length", 0),
        "eval_metrics": [],
    }

"""The format "safetensors": a run's weights alone, for programs that are not this toolkit."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np

import s2s_toolkit
from s2s_toolkit.errors import ConfigError, S2SError, UnsupportedError
from s2s_toolkit.exporter import TextTranslator
from s2s_toolkit.files import atomic_path
from s2s_toolkit.loading import load_weights
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import Run

FORMAT = 1
SUFFIX = ".safetensors"
KEY = "s2s_toolkit"
"""The one entry of the metadata, which safetensors writes in an order that changes from call to call."""

Precision = Literal["fp32", "fp16"]
DTYPES: Mapping[Precision, type[np.floating[Any]]] = {"fp32": np.float32, "fp16": np.float16}


class SafetensorsExporter:
    """The format "safetensors".

    It holds the weights of a checkpoint by their names in `docs/weights.md`. What they belong to stands as JSON
    in its metadata. It translates nothing.

    Args:
        precision: Weights in 32 bits, as they were trained, or rounded to 16.
    """

    def __init__(self, *, precision: Precision = "fp32") -> None:
        self.precision: Precision = precision

    def export(
        self, run: Run, path: Path, registry: Registry, *, framework: str, strategy: str, options: Mapping[str, Any]
    ) -> str:
        """Write a run's weights, which are read back before the file gets its name.

        The framework builds the model that the weights have to fit. Weights choose no target, so a strategy and its
        options are refused.
        """
        from safetensors.numpy import load, save

        if path.suffix != SUFFIX:
            raise ConfigError(f"an exported model is known by its name: let it end in {SUFFIX}, given {path.name}")
        if strategy or options:
            given = f"strategy {strategy!r}" if strategy else f"option {next(iter(options))!r}"
            raise UnsupportedError(f"weights alone decode nothing, given {given}; leave it out or export to onnx")
        weights = load_weights(run, registry, framework or run.config.framework)
        stored = {name: self._stored(name, array) for name, array in weights.items()}
        with atomic_path(path) as temporary:
            temporary.write_bytes(save(stored, {KEY: json.dumps(describe(run), ensure_ascii=False)}))
            require_same(load(temporary.read_bytes()), stored, path)
        return self._report(weights, stored)

    def open(
        self, path: Path, registry: Registry, settings: Mapping[str, int | float], *, device: str
    ) -> TextTranslator:
        """Refuse: UnsupportedError says what the file is for."""
        raise UnsupportedError(
            f"{path} holds weights for other programs to load and translates nothing; "
            "give the run directory, or what `s2s export RUN --format onnx` writes"
        )

    def _stored(self, name: str, array: np.ndarray) -> np.ndarray:
        """A weight as the file holds it."""
        with np.errstate(over="ignore"):  # what overflows is refused below
            stored = np.array(array, DTYPES[self.precision], order="C")
        if np.isfinite(stored).all():
            return stored
        remedy = "export with --precision fp32" if np.isfinite(array).all() else "train again"
        raise S2SError(f"weight {name!r} has a value that is not finite in {self.precision}; {remedy}")

    def _report(self, weights: Mapping[str, np.ndarray], stored: Mapping[str, np.ndarray]) -> str:
        count = sum(array.size for array in stored.values())
        told = f"{len(stored)} weights, {count:,} numbers in {self.precision}, read back and compared"
        rounding = max(float(np.abs(array - stored[name]).max(initial=0)) for name, array in weights.items())
        return f"{told}; greatest rounding {rounding:.1e}" if rounding else told


def describe(run: Run) -> dict[str, Any]:
    """What the weights of a run belong to, without a path of the machine that it was trained on.

    Row i of an embedding, and column i of the output projection, is symbol i.
    """
    config = run.config.model_dump(mode="json", include={"source", "target", "model"})
    return {
        "format": FORMAT,
        "version": s2s_toolkit.__version__,
        "checkpoint": run.checkpoint_name,
        **config,
        "source_symbols": run.source.vocabulary.symbols,
        "target_symbols": run.target.vocabulary.symbols,
    }


def require_same(found: Mapping[str, np.ndarray], expected: Mapping[str, np.ndarray], path: Path) -> None:
    """S2SError unless what was read back from a file is what was written."""
    for name, array in expected.items():
        if name not in found or found[name].dtype != array.dtype or not np.array_equal(found[name], array):
            raise S2SError(f"can't write {path}: weight {name!r} is another when it is read back; try another disk")

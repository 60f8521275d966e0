"""The mean of checkpoints as one more (Junczys-Dowmunt et al. 2016): often better than each, and as fast."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from s2s_toolkit.checkpoint_names import (
    AVERAGED,
    FOLDER,
    SUFFIX,
    checkpoint_names,
    epoch_of,
    require_checkpoint,
    require_own_name,
)
from s2s_toolkit.errors import RunError
from s2s_toolkit.files import require_absent
from s2s_toolkit.run import load_checkpoint, save_checkpoint

Weights = dict[str, np.ndarray]


def average(run: Path, names: Sequence[str] = (), *, output: str = AVERAGED, force: bool = False) -> list[str]:
    """Write the mean of a run's checkpoints as a checkpoint of that run.

    Args:
        run: The run directory.
        names: Of the checkpoints; by default all those of epochs that were kept.
        output: The name of the new one.
        force: Replace one of that name.

    Returns:
        The names of the checkpoints that were averaged.
    """
    require_own_name(output)
    chosen = list(names) or [name for name in checkpoint_names(run) if epoch_of(name) is not None]
    if not chosen:
        known = ", ".join(checkpoint_names(run)) or "none"
        raise RunError(
            f"{run} kept no checkpoints of epochs (training.keep_best); name some of those there are: {known}"
        )
    paths = [require_checkpoint(run, name) for name in chosen]
    path = run / FOLDER / f"{output}{SUFFIX}"
    require_absent(path, force)
    save_checkpoint(path, mean_weights(paths))
    return chosen


def mean_weights(paths: Sequence[Path]) -> Weights:
    """The mean of each weight over checkpoints, added up in 64 bits; RunError where two have not the same weights."""
    first = load_checkpoint(paths[0]).weights
    sums = {name: np.zeros(array.shape, np.float64) for name, array in first.items()}
    for path in paths:
        weights = load_checkpoint(path).weights
        _require_alike(weights, first, path, paths[0])
        for name, array in weights.items():
            sums[name] += array
    return {name: (total / len(paths)).astype(first[name].dtype) for name, total in sums.items()}


def _require_alike(weights: Weights, first: Weights, path: Path, first_path: Path) -> None:
    if odd := sorted(weights.keys() ^ first.keys()):
        raise RunError(f"{path} and {first_path.name} are of two models: one lacks weight {odd[0]!r}")
    for name, array in weights.items():
        if array.shape != first[name].shape:
            shapes = f"{array.shape} and {first[name].shape}"
            raise RunError(f"{path} and {first_path.name} are of two models: weight {name!r} has shapes {shapes}")

"""Going on with a training: where it stands, and back to the last checkpoint."""

from dataclasses import dataclass, field

from s2s_toolkit.checkpoint_names import kept_name
from s2s_toolkit.contracts import FrameworkModel, Optimizer
from s2s_toolkit.errors import RunError
from s2s_toolkit.loading import fitting_weights
from s2s_toolkit.run import Run, load_checkpoint

Kept = tuple[int, float]
"""The epoch of a checkpoint that is kept, and the value of its validation."""


@dataclass
class Progress:
    """Where training stands; what resuming needs beside weights and optimizer."""

    epoch: int = 0
    step: int = 0
    seconds: float = 0.0
    best: float | None = None
    best_epoch: int = 0
    validations_since_best: int = 0
    kept: list[Kept] = field(default_factory=list)


def restore(run: Run, model: FrameworkModel, optimizer: Optimizer) -> Progress:
    """Set model and optimizer to the run's last checkpoint; RunError where that is missing or damaged."""
    path = run.checkpoint_path("last")
    if not path.is_file():
        raise RunError(
            f"can't resume {run.path}: it has no {path.name}, so it was stopped before its first validation; "
            "train anew with --force"
        )
    checkpoint = load_checkpoint(path)
    model.load_weights(fitting_weights(checkpoint.weights, model, path))
    moments = {f"{moment}.{name}" for moment in ("mean", "variance") for name in checkpoint.weights}
    missing = sorted((moments | {"steps"}) - checkpoint.optimizer.keys())
    if missing:
        raise RunError(f"can't resume {run.path}: {path.name} lacks the optimizer's {missing[0]!r}")
    optimizer.load_state(checkpoint.optimizer)
    try:
        progress = Progress(**checkpoint.progress)
        progress.kept = [(int(epoch), float(value)) for epoch, value in progress.kept]
    except (TypeError, ValueError) as error:
        raise RunError(f"can't resume {run.path}: {path.name} is damaged ({error})") from error
    progress.kept = [kept for kept in progress.kept if run.checkpoint_path(kept_name(kept[0])).is_file()]
    return progress

"""Going on with a training: where it stands, and back to the last checkpoint."""

from dataclasses import dataclass

from s2s_toolkit.contracts import FrameworkModel, Optimizer
from s2s_toolkit.errors import RunError
from s2s_toolkit.loading import fitting_weights
from s2s_toolkit.run import Run, load_checkpoint


@dataclass
class Progress:
    """Where training stands; what resuming needs beside weights and optimizer."""

    epoch: int = 0
    step: int = 0
    seconds: float = 0.0
    best: float | None = None
    best_epoch: int = 0
    validations_since_best: int = 0


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
        return Progress(**checkpoint.progress)
    except TypeError as error:
        raise RunError(f"can't resume {run.path}: {path.name} is damaged ({error})") from error

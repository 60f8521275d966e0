"""Going on with a training: where it stands, and back to one of the last two checkpoints."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from s2s_toolkit.checkpoint_names import LAST, PREVIOUS, kept_name
from s2s_toolkit.contracts import FrameworkModel, Optimizer
from s2s_toolkit.errors import RunError
from s2s_toolkit.loading import fitting_weights
from s2s_toolkit.run import Checkpoint, Run, load_checkpoint

Kept = tuple[int, float]
"""The epoch of a checkpoint that is kept, and the value of its validation."""


@dataclass
class Progress:
    """Where training stands; what resuming needs beside weights and optimizer.

    Attributes:
        epoch: Epochs done.
        step: Steps taken.
        seconds: Spent on steps.
        best: The best value of a validation.
        best_epoch: The epoch before that.
        validations_since_best: How many followed it.
        decays: How often a plateau was met, at which the schedule of this name lowers the learning rate.
        order: `Order.key` of the epoch under way.
        done: Steps of this epoch.
        loss: Their losses, summed over target tokens.
        tokens: How many those are.
        epoch_seconds: Spent on them.
        bad_steps: Steps of the whole training that were left out.
    """

    epoch: int = 0
    step: int = 0
    seconds: float = 0.0
    best: float | None = None
    best_epoch: int = 0
    validations_since_best: int = 0
    kept: list[Kept] = field(default_factory=list)
    decays: int = 0
    order: list[int] = field(default_factory=list)
    done: int = 0
    loss: float = 0.0
    tokens: int = 0
    epoch_seconds: float = 0.0
    bad_steps: int = 0

    @property
    def current_epoch(self) -> int:
        """The epoch that was trained on last, from 1."""
        return self.epoch + (self.done > 0)

    def count_step(self, loss: float, tokens: int) -> None:
        """A step was taken."""
        self.step, self.done = self.step + 1, self.done + 1
        self.loss, self.tokens = self.loss + loss, self.tokens + tokens

    def count_bad_step(self) -> None:
        """A step was left out."""
        self.count_step(0.0, 0)
        self.bad_steps += 1

    def count_seconds(self, seconds: float) -> None:
        """Steps have taken so long."""
        self.seconds, self.epoch_seconds = self.seconds + seconds, self.epoch_seconds + seconds

    def count_validation(self, value: float, *, better: bool, decay_patience: int) -> None:
        """A validation was made; each time that as many as `decay_patience` were no better, a plateau is met."""
        if better:
            self.best, self.best_epoch, self.validations_since_best = value, self.current_epoch, 0
        else:
            self.validations_since_best += 1
            self.decays += self.validations_since_best % decay_patience == 0

    def start_epoch(self) -> None:
        """Nothing is done yet of the epoch under way."""
        self.done, self.loss, self.tokens, self.epoch_seconds = 0, 0.0, 0, 0.0


def restore(
    run: Run, model: FrameworkModel, optimizer: Optimizer, *, order: list[int], checkpoint: str = LAST
) -> Progress:
    """Set model and optimizer to a checkpoint of the run, LAST or PREVIOUS; RunError where it is missing or damaged.

    It may lie inside an epoch. If the epoch's steps now come in another order, since the number of pairs, the batch
    size, `accumulate` or the seed has changed, those done say nothing of those left, and the epoch starts anew.
    """
    path = run.checkpoint_path(checkpoint)
    if not path.is_file():
        raise RunError(f"can't resume {run.path}: it has no {path.name}{_why_missing(run, checkpoint)}")
    with _hinting_at_previous(run, checkpoint):
        loaded = load_checkpoint(path)
    model.load_weights(fitting_weights(loaded.weights, model, path))
    with _hinting_at_previous(run, checkpoint):
        progress = _progress(run, path, loaded)
    optimizer.load_state(loaded.optimizer)
    progress.kept = [kept for kept in progress.kept if run.checkpoint_path(kept_name(kept[0])).is_file()]
    if progress.order != order:
        progress.order = order
        progress.start_epoch()
    return progress


def _why_missing(run: Run, checkpoint: str) -> str:
    """Why a checkpoint to go on from may be missing, and what can be done."""
    if checkpoint == PREVIOUS:
        return ", which a training's second checkpoint leaves; --resume alone goes on from the last one"
    if run.checkpoint_path(PREVIOUS).is_file():
        return "; --resume --previous goes on from the one before"
    return ", so it was stopped before its first checkpoint; train anew with --force"


@contextmanager
def _hinting_at_previous(run: Run, checkpoint: str) -> Iterator[None]:
    """Say of a damaged last checkpoint that there is another one, if there is."""
    try:
        yield
    except RunError as error:
        if checkpoint == PREVIOUS or not run.checkpoint_path(PREVIOUS).is_file():
            raise
        raise RunError(f"{error}; --resume --previous goes on from the one before") from error


def _progress(run: Run, path: Path, checkpoint: Checkpoint) -> Progress:
    """Where a checkpoint's training stood, once it is known to hold all that is needed to go on."""
    try:
        progress = Progress(**checkpoint.progress)
        progress.kept = [(int(epoch), float(value)) for epoch, value in progress.kept]
    except (TypeError, ValueError) as error:
        raise RunError(f"can't resume {run.path}: {path.name} is damaged ({error})") from error
    moments = {f"{moment}.{name}" for moment in ("mean", "variance") for name in checkpoint.weights}
    missing = sorted((moments | {"steps"}) - checkpoint.optimizer.keys())
    if missing and progress.step > progress.bad_steps:  # an optimizer that has taken no step has no state
        raise RunError(f"can't resume {run.path}: {path.name} lacks the optimizer's {missing[0]!r}")
    return progress


@contextmanager
def averaged(model: FrameworkModel, average: dict[str, np.ndarray]) -> Iterator[None]:
    """The model on an average of its weights, if there is one; its own come back after."""
    if not average:
        yield
        return
    weights = model.weights()
    model.load_weights(average)
    try:
        yield
    finally:
        model.load_weights(weights)

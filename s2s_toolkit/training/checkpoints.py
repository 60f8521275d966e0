"""Which checkpoints a training leaves: the one to go on from, the best one, and as many of the best as are kept."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from s2s_toolkit.checkpoint_names import BEST, checkpoint_names, epoch_of, kept_name
from s2s_toolkit.observers import Observer, Saved
from s2s_toolkit.run import Run, save_checkpoint
from s2s_toolkit.training.resumption import Kept, Progress

Arrays = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Checkpoints:
    """Writes the checkpoints that a validation is worth.

    Attributes:
        run: Whose.
        keep_best: How many of the best validations' weights stay in files of their own; 1 for the best one alone.
        improves: Whether a value is better than another.
        observer: Told of each file.
    """

    run: Run
    keep_best: int
    improves: Callable[[float, float], bool]
    observer: Observer

    def keep(self, weights: Arrays, progress: Progress, *, value: float, best: bool) -> None:
        """Write what is kept of a validation.

        Args:
            weights: What was validated.
            progress: Where training stands; its list of kept checkpoints is brought up to date.
            value: Of the validation.
            best: Whether that is the best so far.
        """
        epoch = progress.current_epoch
        others = [kept for kept in progress.kept if kept[0] != epoch]  # it may have been validated on the way
        progress.kept = self._ranked([*others, (epoch, value)])
        if epoch in dict(progress.kept):
            self._write(kept_name(epoch), weights, progress.step)
        if best:
            self._write(BEST, weights, progress.step)

    def remove_others(self, progress: Progress) -> None:
        """Remove what is no longer kept; all that replaces it is whole, the last checkpoint included."""
        kept = dict(progress.kept)
        for name in checkpoint_names(self.run.path):
            epoch = epoch_of(name)
            if epoch is not None and epoch not in kept:
                self.run.checkpoint_path(name).unlink()

    def _ranked(self, validations: list[Kept]) -> list[Kept]:
        """The best of these that are kept, best first; of equal ones the earlier stays, as it does as the best."""
        if self.keep_best < 2:
            return []
        ranked: list[Kept] = []
        for epoch, value in validations:
            place = next((i for i, (_, other) in enumerate(ranked) if self.improves(value, other)), len(ranked))
            ranked.insert(place, (epoch, value))
        return ranked[: self.keep_best]

    def _write(self, name: str, weights: Arrays, step: int) -> None:
        path = self.run.checkpoint_path(name)
        save_checkpoint(path, weights)
        self.observer.on_checkpoint(Saved(path, step, best=name == BEST))

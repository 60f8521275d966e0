"""Which checkpoints a training leaves: two to go on from, the best one, and as many of the best as are kept."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import NamedTuple

import numpy as np

from s2s_toolkit.checkpoint_names import BEST, LAST, PREVIOUS, checkpoint_names, epoch_of, kept_name
from s2s_toolkit.files import replacing
from s2s_toolkit.observers import Observer, Saved
from s2s_toolkit.run import Run, save_checkpoint
from s2s_toolkit.training.resumption import Kept, Progress

Arrays = Mapping[str, np.ndarray]


class State(NamedTuple):
    """What a training goes on from: weights, the optimizer's state, and where it stands."""

    weights: Arrays
    optimizer: Arrays
    progress: Progress


@dataclass(frozen=True)
class Checkpoints:
    """Writes the checkpoints of a training.

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

    def save(self, validated: Arrays, state: State, *, value: float, best: bool) -> None:
        """Write what a validation leaves; what is no longer kept goes when all that replaces it is whole.

        Args:
            validated: The weights that were validated.
            state: What to go on from; its list of kept checkpoints is brought up to date.
            value: Of the validation.
            best: Whether that is the best so far.
        """
        progress = state.progress
        epoch = progress.current_epoch
        others = [kept for kept in progress.kept if kept[0] != epoch]  # it may have been validated on the way
        progress.kept = self._ranked([*others, (epoch, value)])
        if epoch in dict(progress.kept):
            self._write(kept_name(epoch), validated, progress.step)
        if best:
            self._write(BEST, validated, progress.step)
        self.save_last(state)
        self.remove_others(progress)

    def save_last(self, state: State) -> None:
        """Write the checkpoint to go on from; the one before it stays, to fall back to."""
        path = self.run.checkpoint_path(LAST)
        with replacing(path, self.run.checkpoint_path(PREVIOUS)):
            save_checkpoint(path, state.weights, state.optimizer, asdict(state.progress))
        self.observer.on_checkpoint(Saved(path, state.progress.step, best=False))

    def remove_others(self, progress: Progress) -> None:
        """Remove the checkpoints of epochs that are not kept, those too that a killed training was about to remove."""
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

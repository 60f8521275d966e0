"""Which batches make each step of an epoch."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np

from s2s_toolkit.batches import Batch, batch_positions, batches
from s2s_toolkit.examples import Examples


@dataclass(frozen=True)
class Order:
    """The steps of every epoch, from the seed.

    Attributes:
        examples: What is trained on.
        batch_size: Of them in a batch.
        accumulate: Batches in a step; the last of an epoch may have fewer.
        seed: The config's.
    """

    examples: Examples
    batch_size: int
    accumulate: int
    seed: int

    @property
    def steps_per_epoch(self) -> int:
        """How many steps an epoch has."""
        return math.ceil(math.ceil(self.examples.mixture.num_drawn / self.batch_size) / self.accumulate)

    @property
    def key(self) -> list[int]:
        """What tells one order from another; the pairs themselves are not looked at, only counted."""
        return [self.seed, self.examples.mixture.num_drawn, self.batch_size, self.accumulate]

    def steps(self, epoch: int, *, skip: int = 0) -> Iterator[list[Batch]]:
        """The batches of each step of an epoch, without the first `skip` steps."""
        of_epoch = batches(self.examples, skip=skip * self.accumulate, **self._of(epoch))
        while step := list(islice(of_epoch, self.accumulate)):
            yield step

    def positions(self, epoch: int, step: int) -> np.ndarray:
        """Where the pairs of a step of an epoch, from 0, stand in the examples (N,)."""
        of_epoch = batch_positions(self.examples, skip=step * self.accumulate, **self._of(epoch))
        return np.concatenate(list(islice(of_epoch, self.accumulate)))

    def _of(self, epoch: int) -> dict[str, int]:
        return {"batch_size": self.batch_size, "seed": self.seed, "epoch": epoch}

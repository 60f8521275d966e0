"""Several corpora in one training: how often the pairs of each are drawn."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Mixture:
    """Corpora whose pairs are numbered one corpus behind the other.

    An epoch has each pair of a corpus as often as the whole part of its weight says. What is left of the weight is the
    share of the corpus that is drawn once more: other pairs in each epoch, as many in all of them.

    Attributes:
        sizes: Number of pairs of each corpus.
        weights: How often, on average, an epoch has each pair of a corpus; by default once.
    """

    sizes: tuple[int, ...]
    weights: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "weights", self.weights or (1.0,) * len(self.sizes))

    @property
    def num_drawn(self) -> int:
        """Pairs in an epoch, those counted twice that are drawn twice; at least one of each corpus that has any."""
        return sum(whole * size + more for size, whole, more in self._shares())

    def draw(self, rng: "np.random.Generator") -> np.ndarray:  # quoted: numpy.random is imported when it is used
        """The pairs of an epoch in a random order, by their numbers (num_drawn,), int64."""
        if all(weight == 1 for weight in self.weights):
            return rng.permutation(sum(self.sizes))
        first, parts = 0, []
        for size, whole, more in self._shares():
            numbers = np.arange(first, first + size)
            parts += [*[numbers] * whole, rng.permutation(numbers)[:more]]
            first += size
        return rng.permutation(np.concatenate(parts))

    def _shares(self) -> Iterator[tuple[int, int, int]]:
        """Of each corpus: its size, how often it is taken whole, and how many of its pairs once more."""
        for size, weight in zip(self.sizes, self.weights, strict=True):
            whole = int(weight)
            more = round((weight - whole) * size)
            yield size, whole, max(more, int(size > 0 and whole == 0))

"""How far numbers are apart, and where most."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Difference:
    """The greatest difference of two arrays, or of many.

    Two numbers are |ours - theirs| / max(1, |theirs|) apart: absolute near zero, relative above one. NaN is further
    apart from everything, itself too, than any number.

    Attributes:
        num_values: Numbers compared.
        greatest: The greatest difference; 0 where nothing was compared.
        where: The place of the greatest, for a person.
    """

    num_values: int = 0
    greatest: float = 0.0
    where: str = ""

    def __or__(self, other: "Difference") -> "Difference":
        """Of both together; of equal ones, the first says where."""
        is_further = not np.isnan(self.greatest) and not other.greatest <= self.greatest
        worst = other if is_further or not self.num_values else self
        return Difference(self.num_values + other.num_values, worst.greatest, worst.where)


Differences = Mapping[str, Difference]
"""By the name of what was compared."""


def difference(ours: np.ndarray, theirs: np.ndarray, where: Callable[[int], str]) -> Difference:
    """Compare arrays (n, …); `where` says what the i-th of the n is. Arrays of two shapes are infinitely far apart."""
    if ours.shape != theirs.shape:
        return Difference(max(1, theirs.size), np.inf, where(0))
    if not theirs.size:
        return Difference()
    with np.errstate(invalid="ignore"):  # what is infinite in both gives NaN, which counts as a difference
        apart = np.abs(np.subtract(ours, theirs, dtype=np.float64)) / np.maximum(1, np.abs(theirs))
    place = int(apart.argmax())  # the first NaN, if there is one
    return Difference(theirs.size, float(apart.flat[place]), where(place // (theirs.size // len(theirs))))


def merged(one: Differences, other: Differences) -> dict[str, Difference]:
    """Both together, name by name."""
    return {name: one.get(name, Difference()) | other.get(name, Difference()) for name in [*one, *other]}

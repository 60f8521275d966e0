"""How far what two models have, or compute, lies apart."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from s2s_toolkit.batches import Batch
from s2s_toolkit.contracts import FrameworkModel

Arrays = Mapping[str, np.ndarray]

LOSS, LOGITS, ATTENTION, GRADIENTS, WEIGHTS = QUANTITIES = ("loss", "logits", "attention", "gradients", "weights")
"""What is compared, the first at every step, the others now and then."""


@dataclass(frozen=True)
class Difference:
    """The largest absolute difference in one quantity before one step.

    Attributes:
        step: Steps taken before.
        value: The difference.
        where: The name of the array that it is in; "" where there is but one.
        size: The largest absolute value of that array in the first model.
    """

    step: int
    value: float
    where: str
    size: float


def largest_difference(first: Arrays, other: Arrays, *, step: int) -> Difference:
    """The largest over arrays of the same names and shapes; where any is no number, that is the largest."""
    found = {name: float(np.abs(first[name] - other[name]).max(initial=0)) for name in first}
    where = max(found, key=lambda name: (np.isnan(found[name]), found[name]))
    return Difference(step, found[where], where, float(np.abs(first[where]).max(initial=0)))


def teacher_forced(model: FrameworkModel, batch: Batch) -> dict[str, Arrays]:
    """Logits and attention for given targets, where those are real."""
    logits, attention = model.teacher_forced(batch)
    return {LOGITS: {"": logits[batch.target_mask]}, ATTENTION: {"": attention[batch.target_mask]}}

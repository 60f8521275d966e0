"""The learning-rate range test: raise the rate from step to step, and see where the loss falls fastest.

Smith (2017), section 3.3; raised exponentially, as everybody does since.
"""

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from s2s_toolkit.training.loop import Training
from s2s_toolkit.training.unwritten_steps import endless_steps, take_step

SMOOTHING = 0.9
"""How much of a smoothed loss is that of the steps before."""

DIVERGED = 4.0
"""Times the least smoothed loss at which the test stops."""

UNSETTLED = 0.1
"""Share of the steps at the start that suggest nothing: the first batches differ more than their rates do."""


@dataclass(frozen=True)
class Point:
    """A step: its rate, its loss before it in nats per target token, and that loss smoothed."""

    learning_rate: float
    loss: float
    smoothed: float


@dataclass(frozen=True)
class RangeTest:
    """What was seen.

    Attributes:
        points: In the order of their rates, up to where the loss diverged.
        diverged: Whether it did.
    """

    points: Sequence[Point]
    diverged: bool

    @property
    def steepest(self) -> float | None:
        """The rate at which the smoothed loss falls fastest over the rate's logarithm; None if it never falls."""
        start, end = int(UNSETTLED * len(self.points)), self._least() + 1
        if end - start < 2:
            return None
        losses = [point.smoothed for point in self.points[start:end]]
        slopes = np.gradient(losses, [math.log(point.learning_rate) for point in self.points[start:end]])
        return self.points[start + int(slopes.argmin())].learning_rate if slopes.min() < 0 else None

    @property
    def tenth(self) -> float | None:
        """A tenth of the rate of the least smoothed loss; None where `steepest` is."""
        return None if self.steepest is None else self.points[self._least()].learning_rate / 10

    def _least(self) -> int:
        return min(range(len(self.points)), key=lambda number: self.points[number].smoothed, default=0)


def find_learning_rate(
    training: Training, *, lowest: float, highest: float, steps: int, watch: Callable[[int], None] = lambda step: None
) -> RangeTest:
    """Train a fresh model in memory, raising the rate from `lowest` to `highest` over the steps.

    Args:
        training: Prepared, and not run; its weights are spoilt.
        lowest: The first step's rate.
        highest: The last step's rate.
        steps: How many, if the loss does not diverge before.
        watch: Takes the number of each step done.
    """
    rates = np.geomspace(lowest, highest, steps).tolist()
    losses = (
        take_step(training, batches, number=number, learning_rate=rate)
        for number, (batches, rate) in enumerate(zip(endless_steps(training), rates, strict=False))
    )
    points: list[Point] = []
    for point in _smooth(rates, losses):
        watch(len(points) + 1)
        if not math.isfinite(point.loss):
            return RangeTest(points, diverged=True)
        points.append(point)
        if point.smoothed > DIVERGED * min(each.smoothed for each in points):
            return RangeTest(points, diverged=True)
    return RangeTest(points, diverged=False)


def _smooth(rates: Sequence[float], losses: Iterator[float]) -> Iterator[Point]:
    """Exponential means, corrected for their start as Adam's are."""
    mean = 0.0
    for number, rate, loss in zip(itertools.count(1), rates, losses, strict=False):
        mean = SMOOTHING * mean + (1 - SMOOTHING) * loss
        yield Point(rate, loss, mean / (1 - SMOOTHING**number))

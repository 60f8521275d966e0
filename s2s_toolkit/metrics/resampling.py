"""How sure a value is, and whether two models differ: bootstrap resampling and approximate randomization.

A test set is a sample of what a model may meet. The bootstrap draws as many entries from it as it has, again and again,
each time with replacement, and looks at how much the metric varies (Koehn 2004, section 2). Approximate randomization
exchanges what two models wrote, entry by entry, by the toss of a coin, and looks at how often chance alone makes them
differ as much as they do (Riezler and Maxwell 2005, section 4, who find that it errs less often than the bootstrap).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from s2s_toolkit.errors import S2SError
from s2s_toolkit.metrics.measuring import Measurement

SHARE = 0.95
"""How much of the resamples an interval holds."""

ROUNDING = 1e-9
"""Two differences are the same where they are this near, relative to the values: sums depend on their order."""


@dataclass(frozen=True)
class Resampling:
    """How often, and from which seed; the same entries are drawn for every metric and model.

    Attributes:
        times: Number of resamples.
        seed: Of all draws.
    """

    times: int = 1000
    seed: int = 1

    def __post_init__(self) -> None:
        if self.times < 1:
            raise S2SError(f"at least one resample is needed, given {self.times}")

    def draws(self, num_entries: int) -> Iterator[np.ndarray]:
        """The numbers of entries (N,) of each resample."""
        rng = np.random.default_rng(self.seed)
        for _ in range(self.times):
            yield rng.integers(num_entries, size=num_entries)

    def tosses(self, num_entries: int) -> Iterator[np.ndarray]:
        """For each trial, which entries are exchanged (N,)."""
        rng = np.random.default_rng(self.seed)
        for _ in range(self.times):
            yield rng.integers(2, size=num_entries).astype(bool)


@dataclass(frozen=True)
class Interval:
    """Where 95 per cent of the resamples lie: from their 2.5th to their 97.5th percentile."""

    low: float
    high: float


@dataclass(frozen=True)
class Difference:
    """One model against another on the same entries.

    Attributes:
        value: The first model's metric minus the second's.
        interval: Of that, by paired bootstrap resampling.
        better: Share of the resamples in which the first is the better one; half of it where both are equal.
        p: How probable so great a difference, in whichever direction, would be if the models did not differ, by
            approximate randomization.
    """

    value: float
    interval: Interval
    better: float
    p: float


def confidence(measured: Measurement, resampling: Resampling) -> Interval:
    """The interval of a metric."""
    return _interval(_values(measured, resampling))


def compare(one: Measurement, other: Measurement, resampling: Resampling) -> Difference:
    """Compare two models by one metric; what they wrote is for the same entries."""
    differences = _values(one, resampling) - _values(other, resampling)
    better = differences if one.metric.higher_is_better else -differences
    wins = np.mean(better > 0) + np.mean(better == 0) / 2
    value = one.value - other.value
    return Difference(value, _interval(differences), float(wins), _probability(one, other, resampling))


def _values(measured: Measurement, resampling: Resampling) -> np.ndarray:
    return np.array([measured.of(drawn) for drawn in resampling.draws(len(measured.references))])


def _interval(values: np.ndarray) -> Interval:
    low, high = np.quantile(values, [(1 - SHARE) / 2, (1 + SHARE) / 2])
    return Interval(float(low), float(high))


def _probability(one: Measurement, other: Measurement, resampling: Resampling) -> float:
    """The actual models count as one of the trials, so it is never nothing (Noreen 1989)."""
    least = abs(one.value - other.value) - ROUNDING * max(abs(one.value), abs(other.value))
    trials = (
        abs(one.exchanged(other, mask) - other.exchanged(one, mask)) for mask in resampling.tosses(len(one.references))
    )
    as_great = sum(difference >= least for difference in trials)
    return float(as_great + 1) / (resampling.times + 1)

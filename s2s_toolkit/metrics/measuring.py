"""A metric of a set of entries and of any resample of it, what each entry adds being counted once."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from s2s_toolkit.metrics.contract import Metric, References, Sequences, Tally


@dataclass(frozen=True)
class Measurement:
    """A metric of hypotheses.

    Attributes:
        metric: What is measured.
        hypotheses: What it compares.
        references: With what; S2SError unless there are some for each.
    """

    metric: Metric
    hypotheses: Sequences
    references: References

    def __post_init__(self) -> None:
        self.metric.check(self.hypotheses, self.references)

    @cached_property
    def value(self) -> float:
        """Of all entries."""
        return self.of(np.arange(len(self.references)))

    def of(self, entries: Sequence[int] | np.ndarray) -> float:
        """The metric of some entries, by their numbers; one may come again and again."""
        if self._counted is None:
            return self.metric([self.hypotheses[i] for i in entries], [self.references[i] for i in entries])
        tally, rows = self._counted
        times = np.bincount(entries, minlength=len(rows)).astype(np.float64)
        return tally.score((times @ rows).tolist())

    def exchanged(self, other: "Measurement", mask: np.ndarray) -> float:
        """The metric where another's hypotheses, for the same entries, stand in the places of a mask (N,)."""
        if self._counted is None or other._counted is None:
            both = zip(self.hypotheses, other.hypotheses, mask, strict=True)
            return self.metric([theirs if taken else ours for ours, theirs, taken in both], self.references)
        (tally, ours), (_, theirs) = self._counted, other._counted
        return tally.score((mask @ theirs + ~mask @ ours).tolist())

    @cached_property
    def _counted(self) -> tuple[Tally, np.ndarray] | None:
        """What each entry adds (N, K), where the metric is a tally."""
        compute = self.metric.compute
        return (compute, compute.rows(self.hypotheses, self.references)) if isinstance(compute, Tally) else None

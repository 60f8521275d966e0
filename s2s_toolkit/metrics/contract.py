"""What a metric is: a number for a whole test set, whose entries may have several references."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from s2s_toolkit.errors import S2SError

Sequences = Sequence[Sequence[str]]
"""The symbols of every hypothesis; for a metric on text its text, which is a sequence of characters."""

References = Sequence[Sequence[Sequence[str]]]
"""The references of every entry, at least one; each is its symbols, or its text."""

LOSS = "loss"
"""What `training.metric` says where no metric chooses the best checkpoint, but the loss on the dev pairs."""


@dataclass(frozen=True)
class Tally:
    """The definition of a metric that depends on sums over the entries and on nothing else.

    So a thousand resamples need no more than the numbers of each entry, counted once.

    Attributes:
        count: A hypothesis and its references -> what they add to the sums, K numbers.
        score: The sums (K,) -> the metric.
    """

    count: Callable[[Sequence[str], Sequence[Sequence[str]]], Sequence[float]]
    score: Callable[[Sequence[float]], float]

    def rows(self, hypotheses: Sequences, references: References) -> np.ndarray:
        """What each entry adds (N, K)."""
        counted = [self.count(*entry) for entry in zip(hypotheses, references, strict=True)]
        return np.array(counted, dtype=np.float64)

    def __call__(self, hypotheses: Sequences, references: References) -> float:
        """The metric of all entries."""
        return self.of_rows(self.rows(hypotheses, references))

    def of_rows(self, rows: np.ndarray) -> float:
        """The metric of entries that were counted (N, K)."""
        return self.score(rows.sum(axis=0).tolist())


@dataclass(frozen=True)
class Metric:
    """A number for a whole test set: `metric(hypotheses, references)`.

    Attributes:
        name: What a config or the command line calls it.
        higher_is_better: Which of two models it prefers.
        unit: What to print after the number.
        compute: The definition, a function of all hypotheses and of the references of each, or a `Tally`; it may rely
            on at least one entry and on at least one reference for each hypothesis.
        on_text: Whether it compares texts, as a reader has them, and not symbols.
        signature: What makes a value comparable, as sacreBLEU says it, of the references at hand; None for nothing.
    """

    name: str
    higher_is_better: bool
    unit: str
    compute: Callable[[Sequences, References], float]
    on_text: bool = False
    signature: Callable[[References], str] | None = None

    def __call__(self, hypotheses: Sequences, references: References) -> float:
        """Compare each hypothesis with its references; S2SError unless there are some for each."""
        self.check(hypotheses, references)
        return self.compute(hypotheses, references)

    def check(self, hypotheses: Sequences, references: References) -> None:
        """S2SError unless there is an entry, and at least one reference for every hypothesis."""
        if len(hypotheses) != len(references):
            given = f"{len(hypotheses)} hypotheses for the references of {len(references)}"
            raise S2SError(f"{self.name}: {given}; give references for each")
        if not references:
            raise S2SError(f"{self.name}: no entry to compare; give at least one")
        if not all(references):
            raise S2SError(f"{self.name}: an entry without a reference; give at least one for each")

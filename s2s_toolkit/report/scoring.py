"""How good the translations are: as a whole, and by the length of the reference."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from s2s_toolkit.metrics import LOSS, Metric, References, Sequences, exact_match, ser
from s2s_toolkit.registry import Registry
from s2s_toolkit.report.entries import Entry

ROWS = 8
"""At most, in the table of lengths."""


@dataclass(frozen=True)
class Score:
    """A number for all pairs, and what it is in a few words."""

    name: str
    value: float
    unit: str
    note: str


@dataclass(frozen=True)
class LengthScore:
    """What the pairs have whose references have `shortest` to `longest` symbols: losses as `Entry.loss`, per cents."""

    shortest: int
    longest: int
    pairs: int
    loss: float
    exact_match: float
    ser: float


def score(entries: Sequence[Entry], metrics: Sequence[Metric], registry: Registry) -> list[Score]:
    """The metrics of the translations, then the loss per symbol over all references."""
    found = []
    for metric in metrics:
        about = registry.find_offer("metric", metric.name).component.summary
        found.append(Score(metric.name, metric(*_compared(metric, entries)), metric.unit, about))
    return [*found, Score(LOSS, _loss(entries), "nats", "per symbol of the reference, its end counted")]


def score_lengths(entries: Sequence[Entry]) -> list[LengthScore]:
    """The same by length, in at most `ROWS` ranges that have as many pairs as can be."""
    scores = []
    for shortest, longest in _ranges([len(entry.reference) for entry in entries]):
        chosen = [entry for entry in entries if shortest <= len(entry.reference) <= longest]
        values = (metric(*_compared(metric, chosen)) for metric in (exact_match, ser))
        scores.append(LengthScore(shortest, longest, len(chosen), _loss(chosen), *values))
    return scores


def _ranges(lengths: Sequence[int]) -> list[tuple[int, int]]:
    found, taken, shortest = [], 0, min(lengths)
    for length, count in sorted(Counter(lengths).items()):
        taken += count
        if taken * ROWS >= len(lengths) or length == max(lengths):
            found.append((shortest, length))
            taken, shortest = 0, length + 1
    return found


def _compared(metric: Metric, entries: Sequence[Entry]) -> tuple[Sequences, References]:
    if metric.on_text:
        return [entry.translation.text for entry in entries], [[entry.pair.target] for entry in entries]
    return [entry.hypothesis for entry in entries], [[entry.reference] for entry in entries]


def _loss(entries: Sequence[Entry]) -> float:
    return float(sum(entry.losses.sum() for entry in entries) / sum(entry.losses.size for entry in entries))

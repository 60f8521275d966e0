"""How fast time grows over a size: the exponent between its values, and a plot."""

import math
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from benchmarks.speed.comparison import comparisons
from benchmarks.speed.running import Outcome

ROW = "growth-"
Points = dict[str, list[tuple[float, float]]]
"""Size -> its values with the seconds of each."""


def points(outcome: Outcome) -> Points:
    """The cases of a row, by the size that they vary."""
    found: Points = {}
    for one in comparisons(outcome):
        size, value = re.fullmatch(r"(.+) (\d+)", one.case).groups()  # type: ignore[union-attr]
        found.setdefault(size, []).append((float(value), one.seconds.median))
    return found


def lines(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """For each size the exponents from value to value: 1 where time is proportional, 0 where it stands still."""
    for outcome in outcomes:
        if not outcome.row.name.startswith(ROW):
            continue
        for size, values in points(outcome).items():
            steps = [f"{exponent(a, b):.2f} to {b[0]:,.0f}" for a, b in pairwise(values)]
            if steps:
                yield f"- `{outcome.row.name}`: time grows with {size} to the power of {', '.join(steps)}."


def exponent(one: tuple[float, float], other: tuple[float, float]) -> float:
    """The power of the value that takes the seconds of one point to those of another."""
    return math.log(other[1] / one[1]) / math.log(other[0] / one[0])


def plot(outcomes: Sequence[Outcome], path: Path) -> None:
    """Draw all sizes of all rows of growth, logarithmic both ways, so that a line's slope is the exponent."""
    grown = [outcome for outcome in outcomes if outcome.row.name.startswith(ROW)]
    if not grown:
        return
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6 * len(grown), 5), layout="constrained")
    for place, outcome in zip(figure.subplots(1, len(grown), squeeze=False)[0], grown, strict=True):
        for size, values in points(outcome).items():
            start = values[0]
            place.loglog([v / start[0] for v, _ in values], [s / start[1] for _, s in values], marker="o", label=size)
        highest = max(values[-1][0] / values[0][0] for values in points(outcome).values())
        place.loglog([1, highest], [1, highest], color="grey", linestyle="dotted", label="proportional")
        place.set(title=outcome.row.name, xlabel="value, times the first", ylabel="seconds, times the first")
        place.legend()
    figure.savefig(path)

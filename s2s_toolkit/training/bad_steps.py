"""A step whose gradient is not finite: which pairs it was made of, and what can be done."""

from collections.abc import Iterator, Sequence
from itertools import groupby

import numpy as np

from s2s_toolkit.config_sections import DataConfig
from s2s_toolkit.corpus import named, split_pairs
from s2s_toolkit.errors import S2SError
from s2s_toolkit.text import TextSide

SHOWN = 8
"""Lines of a file that a message names at most."""
NAMED = 20
"""Of so many bad steps of a training the lines are looked up; to read a large corpus again takes its time."""
MOST_IN_A_ROW = 10
"""Bad steps one after the other, at which it is no longer the data's fault."""


class BadStepError(S2SError):
    """A step was left out, since its gradient was not finite; but for a loss scale nothing has changed."""


def lines_of(positions: np.ndarray, data: DataConfig, source: TextSide, target: TextSide) -> str:
    """Where pairs stand, as in "train.tsv, lines 3, 17"; the corpora are read once more for that.

    Args:
        positions: Of the pairs (N,), counted from 0 over the usable ones of all corpora.
        data: Where they are.
        source: How a source was cut, which decides whether a pair is usable.
        target: How a target was cut.
    """
    found = sorted(set(positions.tolist()))
    places = list(_places(found, data, source, target))
    return "; ".join(_told(file, [line for _, line in lines]) for file, lines in groupby(places, key=lambda at: at[0]))


def _places(
    positions: Sequence[int], data: DataConfig, source: TextSide, target: TextSide
) -> Iterator[tuple[str, int]]:
    """File and line of each position, which are sorted."""
    wanted, position = iter(positions), -1
    current = next(wanted, None)
    for corpus in data.corpora:
        for line, pair in enumerate(split_pairs(corpus.files, source, target, data=data), start=1):
            if current is None:
                return
            position += not pair.skipped
            if position == current and not pair.skipped:
                yield named(corpus.files), line
                current = next(wanted, None)


def _told(file: str, lines: Sequence[int]) -> str:
    more = f" and {len(lines) - SHOWN} more" if len(lines) > SHOWN else ""
    return f"{file}, line{'s' * (len(lines) > 1)} {', '.join(map(str, lines[:SHOWN]))}{more}"

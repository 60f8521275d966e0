"""What a file and its model are compared on: pairs of data, and pairs of random symbols that no data holds."""

import random
from collections.abc import Iterable
from itertools import islice
from typing import NamedTuple

from s2s_toolkit.corpus import Pair, read_pairs
from s2s_toolkit.errors import DataError
from s2s_toolkit.run import Run
from s2s_toolkit.symbols import SPECIAL
from s2s_toolkit.text import TextSide

LONGEST = 20
"""Symbols of a random text at most."""
UNKNOWN = "\N{SNOWMAN}"


class Case(NamedTuple):
    """A pair, and where it stands, for a person."""

    place: str
    pair: Pair


def given_cases(pairs: Iterable[Pair]) -> list[Case]:
    """Pairs, named by their lines."""
    return [Case(f"line {number}", pair) for number, pair in enumerate(pairs, start=1)]


def dev_cases(run: Run, count: int) -> list[Case]:
    """The first of a run's dev pairs; none where they can't be read."""
    try:
        return given_cases(islice(read_pairs(run.config.data.dev, run.config.data.columns), count))
    except DataError:
        return []  # the data a run was trained on may be gone


def random_cases(run: Run, count: int) -> list[Case]:
    """Draw pairs from the run's vocabularies and a symbol outside of them; the config's seed decides."""
    rng = random.Random(run.config.seed)
    pairs = [Pair(_random_text(run.source, rng), _random_text(run.target, rng)) for _ in range(count)]
    return [Case(f"random pair {number}", pair) for number, pair in enumerate(pairs, start=1)]


def _random_text(side: TextSide, rng: random.Random) -> str:
    symbols = [*side.vocabulary.symbols[len(SPECIAL) :], UNKNOWN]
    return side.tokenizer.join([rng.choice(symbols) for _ in range(rng.randint(0, LONGEST))])

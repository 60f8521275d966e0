"""What Python's `unicodedata` says of each code point, as tables that a graph can hold."""

import sys
import unicodedata
from collections.abc import Iterator

from s2s_toolkit.normalization import Normalization


def changes(normalization: Normalization) -> dict[str, str]:
    """Code point -> what it becomes by itself, for those that change."""
    return {point: changed for point in _code_points() if (changed := normalization(point)) != point}


def combining_classes() -> dict[str, int]:
    """Combining mark -> its canonical combining class, 1 to 254; all other code points are starters, with class 0."""
    return {point: number for point in _code_points() if (number := unicodedata.combining(point))}


def compositions() -> dict[str, str]:
    """Two code points, one behind the other -> the one that they compose to."""
    composed = {}
    for point in _code_points():
        decomposed = unicodedata.normalize("NFD", point)
        if decomposed != point == unicodedata.normalize("NFC", point):  # some have no way back
            composed[unicodedata.normalize("NFC", decomposed[:-1]) + decomposed[-1]] = point
    return composed


def _code_points() -> Iterator[str]:
    """Every code point that can stand in a text: all but the surrogates."""
    yield from map(chr, range(0xD800))
    yield from map(chr, range(0xE000, sys.maxunicode + 1))

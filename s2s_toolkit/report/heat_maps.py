"""Attention as a table: text that can be copied, in the fonts of who reads it, with the values to be had."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from s2s_toolkit.labels import code_point, shown
from s2s_toolkit.report.entries import Entry
from s2s_toolkit.symbols import EOS, SPECIAL

LARGEST = 10_000
"""Cells of a map; one that would have more is left out."""

VISIBLE = 0.005
"""Weights below this are left white."""

LONG = 3
"""Labels with more characters than this are turned."""

NAMED = 3
"""Code points that are told by name; the title of a longer symbol would be a paragraph."""


@dataclass(frozen=True)
class Label:
    """A symbol as it is shown, and what it is made of."""

    text: str
    title: str


@dataclass(frozen=True)
class Cell:
    """A weight, or another share of a colour from 0 to 1, and what it says."""

    share: float
    title: str


@dataclass(frozen=True)
class HeatMap:
    """Source symbols across, target symbols down.

    Attributes:
        columns: The source.
        rows: Each target symbol and its weights; None where there is next to none.
        turned: Whether the labels of the columns are to read upwards.
    """

    columns: list[Label]
    rows: list[tuple[Label, list[Cell | None]]]
    turned: bool


def heat_map(entry: Entry) -> HeatMap | None:
    """The attention of an entry's translation; None where there is none, or too much of it."""
    translation, attention = entry.translation, entry.translation.attention
    if attention is None or attention.size > LARGEST:
        return None
    columns = [label(symbol) for symbol in translation.source_symbols]
    rows = []
    for symbol, weights in zip(translation.symbols, attention, strict=True):
        target = label(symbol)
        rows.append((target, _cells(target, columns, weights)))
    return HeatMap(columns, rows, turned=sum(len(c.text) > LONG for c in columns[:-1]) * 2 > len(columns) - 1)


def surprises(entry: Entry) -> list[tuple[Label, Cell]]:
    """The loss on each symbol of the reference, as a share of the greatest, and on its end."""
    labels = [label(symbol) for symbol in (*entry.reference, SPECIAL[EOS])]
    greatest = max(float(entry.losses.max()), 1.0)
    return [
        (one, Cell(round(float(loss) / greatest, 2), f"{loss:.2f}"))
        for one, loss in zip(labels, entry.losses, strict=True)
    ]


def label(symbol: str) -> Label:
    """A symbol, with its code points and their names: no font can make a riddle of it."""
    if symbol in SPECIAL or (symbol.isascii() and symbol.isprintable()):
        return Label(shown(symbol), "")
    points = [f"{code_point(c)} {unicodedata.name(c, 'unnamed')}" for c in symbol[:NAMED]]
    return Label(shown(symbol), ", ".join(points) + ", …" * (len(symbol) > NAMED))


def _cells(target: Label, columns: Sequence[Label], weights: np.ndarray) -> list[Cell | None]:
    return [
        Cell(round(float(weight), 2), f"{target.text} ← {column.text}: {100 * weight:.0f} %")
        if weight >= VISIBLE
        else None
        for column, weight in zip(columns, weights, strict=True)
    ]

"""Definitions of several files in rows, those side by side that belong together."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from s2s_toolkit.comparison.definitions import IMPORTS, OPENING, Definition

Cells = tuple[Definition | None, ...]

SAME_NAME = 2.0
"""How much more a shared name says than a likeness, which is 1 at most."""

LEAST = 0.5
"""The least likeness of what has two names and yet belongs together."""


@dataclass(frozen=True)
class Row:
    """What stands side by side.

    Attributes:
        cells: A definition of each file, or None where it has none.
        depth: 1 for what stands in a class.
    """

    cells: Cells
    depth: int = 0

    @property
    def name(self) -> str:
        """What they are called, with all names where these differ; nothing for what has no name."""
        return " / ".join(dict.fromkeys(cell.name for cell in self.cells if cell is not None))


def aligned(files: Sequence[Sequence[Definition]], *, depth: int = 0) -> list[Row]:
    """A row for each definition of any file, in the order of the files.

    Definitions of one name share a row. So do those that are alike under two names, such as a `forward` and a `call`,
    or two classes with the same methods.
    """
    rows: list[Cells] = [(each,) for each in files[0]]
    for number, file in enumerate(files[1:], start=1):
        rows = _joined(rows, file, width=number)
    found: list[Row] = []
    for cells in rows:
        found.append(Row(cells, depth))
        if any(cell is not None and cell.inner for cell in cells):
            found += aligned([cell.inner if cell else () for cell in cells], depth=depth + 1)
    return found


def _joined(rows: Sequence[Cells], file: Sequence[Definition], *, width: int) -> list[Cells]:
    """The rows with one column more: the pairing in the order of both that belongs together best."""
    known = [next(cell for cell in cells if cell is not None) for cells in rows]
    nothing: Cells = (None,) * width
    joined: list[Cells] = []
    for row, other in _best_path([[_likeness(own, other) for other in file] for own in known], len(file)):
        joined.append((*(nothing if row is None else rows[row]), None if other is None else file[other]))
    return joined


def _best_path(likeness: Sequence[Sequence[float]], columns: int) -> list[tuple[int | None, int | None]]:
    """Pairs of a row and a column, each once and in order, whose likeness is greatest; None stands for no partner."""
    best = [[0.0] * (columns + 1) for _ in range(len(likeness) + 1)]
    for i in range(len(likeness) - 1, -1, -1):
        for j in range(columns - 1, -1, -1):
            together = likeness[i][j] + best[i + 1][j + 1] if likeness[i][j] else 0.0
            best[i][j] = max(best[i + 1][j], best[i][j + 1], together)
    path: list[tuple[int | None, int | None]] = []
    i = j = 0
    while i < len(likeness) or j < columns:
        if i < len(likeness) and j < columns and likeness[i][j] and best[i][j] == likeness[i][j] + best[i + 1][j + 1]:
            path.append((i, j))
            i, j = i + 1, j + 1
        elif j == columns or (i < len(likeness) and best[i][j] == best[i + 1][j]):
            path.append((i, None))
            i += 1
        else:
            path.append((None, j))
            j += 1
    return path


def _likeness(one: Definition, other: Definition) -> float:
    """From 0, not to be paired, to 1, or `SAME_NAME`."""
    if one.name == other.name:
        return SAME_NAME
    if {one.name, other.name} & {OPENING, IMPORTS} or bool(one.inner) != bool(other.inner):
        return 0.0
    first, second = (_methods(each) if each.inner else _words(each) for each in (one, other))
    ratio = SequenceMatcher(None, first, second, autojunk=False).ratio()
    return ratio if ratio >= LEAST else 0.0


def _methods(definition: Definition) -> list[str]:
    return [each.name for each in definition.inner]


def _words(definition: Definition) -> list[str]:
    return re.findall(r"\w+", definition.code)

"""Python code as lines of HTML, its words marked by kind."""

from collections.abc import Sequence
from dataclasses import dataclass

from s2s_toolkit.comparison.alignment import Row


@dataclass(frozen=True)
class CodeLine:
    """A line to show.

    Attributes:
        html: Its text without indentation, escaped and marked by pygments.
        indent: How many spaces stand before it.
        is_common: Whether another file has the very same line there.
    """

    html: str
    indent: int
    is_common: bool


@dataclass(frozen=True)
class ShownRow:
    """A row to show: its name, its depth, and a list of lines for each file, None where a file has nothing."""

    name: str
    depth: int
    cells: tuple[list[CodeLine] | None, ...]


def shown_row(row: Row) -> ShownRow:
    """A row of definitions with its code marked."""
    codes = [cell.code if cell else "" for cell in row.cells]
    cells = tuple(_lines(codes, number) if cell else None for number, cell in enumerate(row.cells))
    return ShownRow(row.name, row.depth, cells)


def _lines(codes: Sequence[str], number: int) -> list[CodeLine]:
    others = [set(code.splitlines()) for place, code in enumerate(codes) if place != number]
    lines = codes[number].splitlines()
    marked = _highlighted(codes[number])
    return [
        CodeLine(html, len(line) - len(line.lstrip()), bool(others) and all(line in other for other in others))
        for line, html in zip(lines, marked, strict=True)
    ]


def _highlighted(code: str) -> list[str]:
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import PythonLexer

    lexer = PythonLexer(stripnl=False, ensurenl=True)
    stripped = "\n".join(line.strip(" ") for line in code.splitlines())
    marked = highlight(stripped, lexer, HtmlFormatter(nowrap=True)).split("\n")
    return marked[: len(code.splitlines())]

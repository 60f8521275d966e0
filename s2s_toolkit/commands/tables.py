"""Tables: drawn on a terminal, columns parted by tabs everywhere else."""

import sys
from collections.abc import Sequence

import click

Row = Sequence[str]


def show_table(columns: Row, rows: Sequence[Row], *, header: bool = True, grouped: bool = True) -> None:
    """Write a table to stdout.

    Args:
        columns: The names of the columns.
        rows: A text for each.
        header: Whether the names are written too where there is no terminal.
        grouped: Whether a text that stands in the first column again and again is shown once on a terminal.
    """
    if sys.stdout.isatty():
        _draw(columns, rows, grouped=grouped)
    else:
        click.echo("\n".join("\t".join(row) for row in ([columns] if header else []) + [*rows]))


def _draw(columns: Row, rows: Sequence[Row], *, grouped: bool) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*columns, box=box.SIMPLE_HEAD, pad_edge=False)
    is_grouped = grouped and len({first for first, *_ in rows}) < len(rows)
    previous = ""
    for first, *others in rows:
        if is_grouped and previous and previous != first:
            table.add_section()
        table.add_row(Text("" if is_grouped and first == previous else first, style="bold"), *map(Text, others))
        previous = first
    Console().print(table)

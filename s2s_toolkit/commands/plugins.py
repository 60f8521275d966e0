"""`s2s plugins`: what is installed."""

import json
import sys

import click

from s2s_toolkit.registry import Registry

COLUMNS = ("kind", "name", "framework", "plugin", "summary")


@click.group()
def command() -> None:
    """See what plugins offer."""


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON object.")
@click.pass_obj
def list_command(registry: Registry, as_json: bool) -> None:
    """List every installed part, and the plugins that failed."""
    rows = list_parts(registry)
    if as_json:
        parts = [dict(zip(COLUMNS, row, strict=True)) for row in rows]
        click.echo(json.dumps({"parts": parts, "failures": registry.failures}, ensure_ascii=False, indent=2))
    elif sys.stdout.isatty():
        _print_table(rows, registry.failures)
    else:
        failed = [f"failed\t{plugin}\t\t{plugin}\t{reason}" for plugin, reason in registry.failures.items()]
        click.echo("\n".join(["\t".join(COLUMNS), *map("\t".join, rows), *failed]))


def list_parts(registry: Registry) -> list[tuple[str, ...]]:
    """A row of `COLUMNS` for each part, by kind; a portable part's framework is "any"."""
    return [
        (kind, offer.component.name, offer.component.framework, offer.plugin, offer.component.summary)
        for kind, offers in registry.offers.items()
        for offer in offers
    ]


def _print_table(rows: list[tuple[str, ...]], failures: dict[str, str]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console, table = Console(highlight=False), Table(*COLUMNS, box=box.SIMPLE_HEAD, pad_edge=False)
    for number, row in enumerate(rows):
        is_first = number == 0 or rows[number - 1][0] != row[0]
        is_last = number + 1 == len(rows) or rows[number + 1][0] != row[0]
        table.add_row(Text(row[0] if is_first else "", style="bold"), *map(Text, row[1:]), end_section=is_last)
    console.print(table)
    for plugin, reason in failures.items():
        console.print(Text(f"{plugin} failed: {reason}", style="red"))

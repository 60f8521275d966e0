"""`s2s plugins`: what is installed."""

import json

import click

from s2s_toolkit.commands.tables import show_table
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
    else:
        failed: list[tuple[str, ...]] = [
            ("failed", "", "", plugin, reason) for plugin, reason in registry.failures.items()
        ]
        show_table(COLUMNS, rows + failed)


def list_parts(registry: Registry) -> list[tuple[str, ...]]:
    """A row of `COLUMNS` for each part, by kind; a portable part's framework is "any"."""
    return [
        (kind, offer.component.name, offer.component.framework, offer.plugin, offer.component.summary)
        for kind, offers in registry.offers.items()
        for offer in offers
    ]

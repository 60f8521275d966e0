"""`s2s plugins list`: the installed parts, and the plugins that failed."""

import json
import sys

import click

from s2s_toolkit.commands.plugin_files import plugin_option
from s2s_toolkit.commands.plugins.kinds import kind_option
from s2s_toolkit.commands.tables import show_table
from s2s_toolkit.components import HOOKS
from s2s_toolkit.registry import Offer, Registry

COLUMNS = ("kind", "name", "framework", "package", "version", "summary")
FAILED = "failed"
"""What stands in place of a kind where a whole plugin is meant."""


@click.command("list")
@kind_option("List parts of one kind.")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON object.")
@plugin_option
@click.pass_obj
def command(registry: Registry, *, kind: str | None, as_json: bool) -> None:
    """List every installed part, and the plugins that failed.

    A part whose framework is "any" is portable: it runs in every framework and in the exported file.
    """
    kinds = [kind] if kind else list(HOOKS)
    if as_json:
        click.echo(json.dumps(as_json_object(registry, kinds), ensure_ascii=False, indent=2))
    elif sys.stdout.isatty():  # what failed may take many words, too many for the last column
        show_table(COLUMNS, part_rows(registry, kinds))
        if registry.failures:
            show_table(("failed plugin", "reason"), list(registry.failures.items()))
    else:
        failed = [(FAILED, "", "", plugin, "", reason) for plugin, reason in registry.failures.items()]
        show_table(COLUMNS, [*part_rows(registry, kinds), *failed])


def part_rows(registry: Registry, kinds: list[str]) -> list[tuple[str, ...]]:
    """A row of `COLUMNS` for each part; one that clashes says so in place of its summary."""
    return [(*_first_columns(kind, o), _remark(kind, o, registry)) for kind in kinds for o in registry.offers[kind]]


def as_json_object(registry: Registry, kinds: list[str]) -> dict[str, object]:
    """`parts`, each with `COLUMNS` and the plugins that it clashes with, and `failures`, plugin -> reason."""
    parts = [
        dict(zip(COLUMNS, (*_first_columns(kind, offer), offer.component.summary), strict=True))
        | {"clashes_with": clashes(kind, offer, registry)}
        for kind in kinds
        for offer in registry.offers[kind]
    ]
    return {"parts": parts, "failures": registry.failures}


def clashes(kind: str, offer: Offer, registry: Registry) -> list[str]:
    """The plugins of other parts with the same kind, name and framework: neither can be used."""
    name, framework = offer.component.name, offer.component.framework
    others = [other for other in registry.offers[kind] if other is not offer]
    return [o.plugin for o in others if (o.component.name, o.component.framework) == (name, framework)]


def _first_columns(kind: str, offer: Offer) -> tuple[str, ...]:
    return kind, offer.component.name, offer.component.framework, offer.plugin, offer.version


def _remark(kind: str, offer: Offer, registry: Registry) -> str:
    others = clashes(kind, offer, registry)
    if not others:
        return offer.component.summary
    return f"CLASH: {' and '.join(others)} offers it too, so it can't be used; uninstall or rename one"

"""`s2s plugins show`: what a part is, its options, and how it is used."""

import difflib
import json
import shutil
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from s2s_toolkit.commands.plugin_files import plugin_option
from s2s_toolkit.commands.plugins.kinds import kind_option
from s2s_toolkit.commands.tables import show_table
from s2s_toolkit.components import HOOKS
from s2s_toolkit.errors import UnknownComponentError
from s2s_toolkit.registry import Registry

if TYPE_CHECKING:
    from s2s_toolkit.commands.plugins.describing import Description, Option

COLUMNS = ("option", "type", "default", "meaning")
WIDEST = 120
"""Letters in a line of a docstring where there is no terminal that says."""


@click.command("show")
@click.argument("name")
@kind_option("Show the part of one kind, where parts of several kinds have the name.")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON list.")
@plugin_option
@click.pass_obj
def command(registry: Registry, name: str, *, kind: str | None, as_json: bool) -> None:
    """Show every part called NAME: what it is, where it runs, its options, and a config section or command to copy."""
    from s2s_toolkit.commands.plugins.describing import describe

    descriptions = [describe(each, name, registry) for each in kinds_of(name, registry, kind)]
    if as_json:
        click.echo(json.dumps([_json_object(each) for each in descriptions], ensure_ascii=False, indent=2))
        return
    for number, description in enumerate(descriptions):
        if number:
            click.echo()
        _print(description)


def kinds_of(name: str, registry: Registry, kind: str | None = None) -> list[str]:
    """The kinds of the parts called so; UnknownComponentError, with names like it, where there is none."""
    kinds = [kind] if kind else list(HOOKS)
    named = {each: {offer.component.name for offer in offers} for each, offers in registry.offers.items()}
    found = [each for each in kinds if name in named[each]]
    if found:
        return found
    elsewhere = [each for each in named if name in named[each]]
    close = difflib.get_close_matches(name, sorted(set().union(*(named[each] for each in kinds))), n=3)
    hint = f"did you mean {' or '.join(map(repr, close))}? " if close else ""
    hint += f"there is the {' and the '.join(elsewhere)} {name!r}; " if elsewhere else ""
    raise UnknownComponentError(f"no {kind or 'part'} called {name!r}; {hint}`s2s plugins list` shows them all")


def _print(description: "Description") -> None:
    """One block: heading, docstring, where it runs, options, what to copy; parted by empty lines."""
    offers = description.offers
    click.secho(f"{description.kind} {description.name}: {offers[0].component.summary}", bold=True)
    for problem in description.problems:
        click.echo(f"\nproblem: {problem}")
    if description.text:
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else WIDEST
        click.echo("\n" + click.wrap_text(description.text, width, preserve_paragraphs=True))
    _show_apart(("framework", "package"), [(o.component.framework, f"{o.plugin} {o.version}".strip()) for o in offers])
    if description.options:
        _show_apart(COLUMNS, [_row(option, description.kind) for option in description.options])
    click.echo(description.snippet if sys.stdout.isatty() else f"\n{description.snippet}")


def _show_apart(columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    """A table after an empty line, which a drawn one brings along."""
    click.echo(nl=not sys.stdout.isatty())
    show_table(columns, rows)


def _row(option: "Option", kind: str) -> tuple[str, ...]:
    """A row of `COLUMNS`; an exporter's options are those of a command."""
    name = f"--{option.name.replace('_', '-')}" if kind == "exporter" else option.name
    default = "required" if option.required else "" if option.default is None else json.dumps(option.default)
    return name, option.type, default, option.text


def _json_object(description: "Description") -> dict[str, Any]:
    offers = [
        {"framework": o.component.framework, "package": o.plugin, "version": o.version} for o in description.offers
    ]
    summary = description.offers[0].component.summary
    return {
        "kind": description.kind,
        "name": description.name,
        "summary": summary,
        "runs_in": offers,
        "text": description.text,
        "options": [asdict(option) for option in description.options],
        "snippet": description.snippet,
        "problems": list(description.problems),
    }

"""`s2s plugins new`: the package of a new plugin."""

from pathlib import Path

import click

from s2s_toolkit.commands.decoding import FILE
from s2s_toolkit.commands.plugins.kinds import Kind
from s2s_toolkit.registry import Registry
from s2s_toolkit.scaffold.kinds import KINDS
from s2s_toolkit.scaffold.naming import Names
from s2s_toolkit.scaffold.package import check_free, commands, usage, write_package

WRITTEN = Kind(KINDS)
"""The kinds for which there is a package."""


@click.command("new")
@click.argument("name")
@click.option(
    "--kind",
    type=WRITTEN,
    default="attention-scorer",
    show_default=True,
    metavar="KIND",
    help=f"What the plugin offers: {WRITTEN}.",
)
@click.option("-o", "--output", metavar="FOLDER", type=FILE, help="The package's folder; by default s2s-NAME.")
@click.pass_obj
def command(registry: Registry, name: str, *, kind: str, output: Path | None) -> None:
    """Write a plugin that can be installed: a small part called NAME, ready to be replaced, and its tests."""
    names = Names(name)
    check_free(names, kind, registry)
    path = output or Path(names.distribution)
    write_package(path, names, kind)
    click.echo(f"{path}: the {kind} {name}")
    _show("next:", commands(path, names))
    where = ", in a config" if KINDS[kind].language == "toml" else ""
    _show(f"to use it{where}:", usage(names, kind).splitlines())


def _show(heading: str, lines: list[str]) -> None:
    click.echo("\n".join(["", heading, *(f"  {line}" for line in lines)]))

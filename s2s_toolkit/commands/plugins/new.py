"""`s2s plugins new`: the package of a new plugin."""

from pathlib import Path

import click

from s2s_toolkit.commands.decoding import FILE
from s2s_toolkit.registry import Registry
from s2s_toolkit.scaffold.kinds import KINDS
from s2s_toolkit.scaffold.naming import Names
from s2s_toolkit.scaffold.package import check_free, commands, usage, write_package

SLUGS = {kind.replace(" ", "-"): kind for kind in KINDS}
"""What `--kind` takes -> the kind of part."""


@click.command("new")
@click.argument("name")
@click.option(
    "--kind",
    "slug",
    type=click.Choice(list(SLUGS)),
    default="attention-scorer",
    show_default=True,
    metavar="KIND",
    help=f"What the plugin offers: {', '.join(SLUGS)}.",
)
@click.option("-o", "--output", metavar="FOLDER", type=FILE, help="The package's folder; by default s2s-NAME.")
@click.pass_obj
def command(registry: Registry, name: str, *, slug: str, output: Path | None) -> None:
    """Write a plugin that can be installed: a small part called NAME, ready to be replaced, and its tests."""
    names, kind = Names(name), SLUGS[slug]
    check_free(names, kind, registry)
    path = output or Path(names.distribution)
    write_package(path, names, kind)
    click.echo(f"{path}: the {kind} {name}")
    _show("next:", commands(path, names))
    where = ", in a config" if KINDS[kind].language == "toml" else ""
    _show(f"to use it{where}:", usage(names, kind).splitlines())


def _show(heading: str, lines: list[str]) -> None:
    click.echo("\n".join(["", heading, *(f"  {line}" for line in lines)]))

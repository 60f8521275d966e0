"""`s2s plugins`: see what plugins offer, hold them to their contracts, start a new one."""

import importlib
from typing import Any

import click

SUBCOMMANDS = {
    "list": "list the installed parts, and the plugins that failed",
    "show": "show what a part is, its options, and how to use it",
    "check": "hold a plugin's parts to what is expected of them",
    "new": "write a package for a new part",
}
"""Name, which is also the module's -> summary; so help imports none of them."""


class Subcommands(click.Group):
    """The commands of `SUBCOMMANDS`, each imported when it runs."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of `SUBCOMMANDS`."""
        return [*SUBCOMMANDS]  # `list` is a module of this package

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        if cmd_name not in SUBCOMMANDS:
            return None
        command: Any = importlib.import_module(f"{__name__}.{cmd_name}").command
        return command if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([*SUBCOMMANDS.items()])


@click.group(cls=Subcommands)
def command() -> None:
    """See what plugins offer, hold them to their contracts, start a new one."""

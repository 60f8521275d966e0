"""Options that a command is handed as one value."""

import click
from click.testing import CliRunner

from s2s_toolkit.commands.gathering import gathered


def point(x: int, y: int = 7) -> tuple[int, int]:
    return x, y


def shown_by(*options: str) -> click.Command:
    """A command with these options, and one of its own, which prints what it is handed."""

    @gathered("at", point)
    def command(name: str, at: tuple[int, int]) -> None:
        click.echo(f"{name} {at}")

    parameters = [click.Option([f"--{option}"], type=int) for option in options]
    return click.Command("show", callback=command, params=[click.Argument(["name"]), *parameters])


def test_options_that_belong_together_become_one_argument():
    result = CliRunner().invoke(shown_by("x", "y"), ["here", "--x", "3", "--y", "5"], catch_exceptions=False)
    assert result.output == "here (3, 5)\n"


def test_what_a_command_has_no_option_for_keeps_its_default():
    result = CliRunner().invoke(shown_by("x"), ["here", "--x", "3"], catch_exceptions=False)
    assert result.output == "here (3, 7)\n"

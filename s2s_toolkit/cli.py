"""The command `s2s`: its subcommands are parts like any other, listed from the registry and imported when one runs."""

import io
import os
import signal
import sys
import traceback
import warnings
from typing import Any, NoReturn

import click

from s2s_toolkit import __version__
from s2s_toolkit.blame import blame, culprit, named
from s2s_toolkit.commands.messages import tell, warn
from s2s_toolkit.commands.plugin_files import plugin_option
from s2s_toolkit.errors import PluginError, S2SError, one_line
from s2s_toolkit.plugins import load_registry
from s2s_toolkit.quiet import ERRORS_ONLY, LEVEL, QuietRegistry
from s2s_toolkit.registry import Registry
from s2s_toolkit.shortage import is_shortage

FAILED, SIGNALLED = 2, 128
"""Exit codes: bad input, and what a signal's number is added to."""

TRACEBACK = "S2S_TRACEBACK"
"""The environment variable with which every error shows where it comes from, unless it is "0"; for plugin authors."""

LESS = "; shorter texts, a lower beam_size or --max-length, or a smaller batch or model takes less"
"""What to do where memory is short and nobody knows for what."""

SHORT_SPIN = ("GOMP_SPINCOUNT", "3000")
"""How long a thread of GNU OpenMP stays awake for the others: much shorter than by default.

Measured with the demo's training in PyTorch on two cores: 18,600 target tokens/s by default and 15,300 with this; with
another program on one of the cores, 1,640 and 7,000.
"""


class Commands(click.Group):
    """Commands of every plugin. The context's object is the registry, for `click.pass_obj`."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """As click does; loads the registry unless `obj` is one."""
        if extra.get("obj") is None:
            extra["obj"] = _load_registry()
        try:
            return super().make_context(info_name, args, parent, **extra)
        except S2SError as error:  # a plugin's file that can't be loaded
            _end(error, str(error), FAILED)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order offered: ours follow the work, a plugin's come after."""
        return list(_summaries(ctx.obj))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        if cmd_name not in _summaries(ctx.obj):
            return None
        command = ctx.obj.load("command", cmd_name)
        if not isinstance(command, click.Command):
            offer = ctx.obj.find_offer("command", cmd_name)
            raise PluginError(f"{named('command', offer)} is a {type(command).__name__}, not a click command")
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does; a file's command is found where the file is named before it."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            if "--plugin" not in args:
                raise
            hint = f"If a file offers it, name the file first: s2s --plugin FILE.py {args[0]}"
            raise click.UsageError(f"{error.message} {hint}", ctx) from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(_summaries(ctx.obj).items()))

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; what the user can mend ends in one line, behind a traceback if `TRACEBACK` is set."""
        try:
            return super().invoke(ctx)
        except S2SError as error:
            _end(error, str(error), FAILED)
        except KeyboardInterrupt as interrupt:
            code = SIGNALLED + getattr(interrupt, "signal", signal.SIGINT)
            _end(interrupt, "; ".join(["interrupted", *map(str, interrupt.args)]), code)
        except Exception as error:
            message = _explanation(error, ctx.obj)
            if not message:
                raise
            _end(error, message, FAILED)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="s2s", message="%(prog)s %(version)s")
@plugin_option
def cli() -> None:
    """Train attention-based sequence-to-sequence models, and ship them as one ONNX file.

    A MODEL is a run directory that `s2s train` made, or an exported file. Results go to standard output, everything
    else to standard error. With bad input the exit code is 2.
    """


def main() -> None:
    """Run the command line of this process."""
    os.environ.setdefault(LEVEL, ERRORS_ONLY)
    os.environ.setdefault(*SHORT_SPIN)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal that lacks a character is no reason to fail
    cli()


def _end(error: BaseException, message: str, code: int) -> NoReturn:
    if os.environ.get(TRACEBACK, "0") not in ("", "0"):
        click.echo("".join(traceback.format_exception(error)), nl=False, err=True)
    tell(message)
    raise click.exceptions.Exit(code)


def _explanation(error: Exception, registry: Registry) -> str:
    """What to say of an error that is the machine's or a plugin's; nothing of click's own and of a bug of ours."""
    if isinstance(error, click.ClickException | click.exceptions.Exit | click.Abort):
        return ""
    if is_shortage(error, registry):
        return f"not enough memory ({one_line(error)}){LESS}"
    if found := culprit(error, registry):
        return str(blame(error, *found))
    if not isinstance(error, OSError) or error.filename is None:  # a broken pipe, which click ends quietly, has none
        return ""
    return f"can't read or write {error.filename}: {error.strerror}"


def _load_registry() -> Registry:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the same failures follow in our own style
        registry = QuietRegistry(**vars(load_registry()))
    for plugin, reason in registry.failures.items():
        warn(f"plugin {plugin} is skipped: {reason}")
    return registry


def _summaries(registry: Registry) -> dict[str, str]:
    """Name -> summary of every command."""
    return {offer.component.name: offer.component.summary for offer in registry.offers["command"]}

"""`--plugin FILE.py`: a plugin without a package, for every command that looks for parts."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from s2s_toolkit.plugins import register_files
from s2s_toolkit.registry import Registry


def plugin_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command `--plugin`, which is heeded before its other options."""
    return click.option(
        "--plugin",
        multiple=True,
        metavar="FILE.py",
        type=click.Path(path_type=Path),
        is_eager=True,
        expose_value=False,
        callback=_register,
        help="Also load a plugin from a Python file; may be repeated.",
    )(command)


def _register(ctx: click.Context, parameter: click.Parameter, paths: Sequence[Path]) -> None:
    registry = ctx.find_object(Registry)
    if registry is not None:
        register_files(registry, paths)

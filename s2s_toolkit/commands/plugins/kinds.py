"""`--kind KIND`: parts of one kind alone."""

from collections.abc import Callable
from typing import Any

import click

from s2s_toolkit.components import HOOKS


class Kind(click.ParamType):
    """A kind of part; on the command line its words may be joined by dashes, as in attention-scorer."""

    name = "kind"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The kind as the registry calls it."""
        kind = value.replace("-", " ")
        if kind not in HOOKS:
            known = ", ".join(kind.replace(" ", "-") for kind in HOOKS)
            self.fail(f"{value!r} is no kind of part; kinds: {known}", param, ctx)
        return kind


def kind_option(text: str) -> Callable[[Any], Any]:
    """`--kind`, "" where it is not given."""
    return click.option("--kind", type=Kind(), default=None, metavar="KIND", help=text)

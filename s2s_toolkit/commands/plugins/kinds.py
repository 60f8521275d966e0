"""`--kind KIND`: parts of one kind alone."""

from collections.abc import Callable, Collection
from typing import Any

import click

from s2s_toolkit.components import HOOKS


class Kind(click.ParamType):
    """A kind of part; on the command line its words may be joined by dashes, as in attention-scorer.

    Args:
        kinds: Those that are taken.
    """

    name = "kind"

    def __init__(self, kinds: Collection[str] = HOOKS) -> None:
        self.kinds = kinds

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The kind as the registry calls it."""
        kind = value.replace("-", " ")
        if kind not in self.kinds:
            wrong = "can't be written" if kind in HOOKS else "is no kind of part"
            self.fail(f"{value!r} {wrong}; kinds: {self}", param, ctx)
        return kind

    def __str__(self) -> str:
        return ", ".join(kind.replace(" ", "-") for kind in self.kinds)


def kind_option(text: str) -> Callable[[Any], Any]:
    """`--kind`, "" where it is not given."""
    return click.option("--kind", type=Kind(), default=None, metavar="KIND", help=text)

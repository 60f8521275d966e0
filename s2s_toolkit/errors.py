"""Errors for people: what was wrong, what was given, what would work.

The command line prints one line and exits with 2.
"""

import re

FOREIGN = (Exception, SystemExit)
"""What somebody else's code may raise, by design or by mistake, that must not take the program down."""

LONGEST = 400
"""Characters of another's error that are shown: frameworks append whole graphs and all arguments."""

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class S2SError(Exception):
    """Something the user can mend; every error below is one."""


class ConfigError(S2SError):
    """A config that can't be read or describes a model that can't work."""


class UnknownComponentError(S2SError):
    """A part that no installed plugin offers, or that two plugins offer under one name."""


class PluginError(S2SError):
    """A plugin that can't be loaded, or whose part breaks its contract; names both."""


class UnsupportedError(S2SError):
    """Something that this framework or this file can't do; never a silent difference."""


class DataError(S2SError):
    """A corpus that can't be read: names the file and the line."""


class TextError(DataError):
    """One of several texts that can't be translated, or a prefix that can't begin a target.

    Attributes:
        place: Which, from 0.
        told: What is wrong with it.
    """

    def __init__(self, place: int, told: str) -> None:
        super().__init__(f"text {place + 1}: {told}")
        self.place, self.told = place, told


class RunError(S2SError):
    """A run directory with a missing, truncated or foreign file."""


class ModelFileError(S2SError):
    """An exported model file that is none of ours or does not open."""


def one_line(error: BaseException) -> str:
    """An error in one line: ours as it is, another's with its class before it, without colours, and not too long."""
    if isinstance(error, S2SError):
        return " ".join(str(error).split())
    said = " ".join(_COLOURS.sub("", f"{type(error).__name__}: {error}").split()).removesuffix(":")
    return said if len(said) <= LONGEST else f"{said[:LONGEST]}…"

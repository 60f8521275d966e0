"""Which of the installed plugins are loaded: distributions, by the names that users give them."""

import os
import re

ONLY = "S2S_PLUGINS"
"""The environment variable that names the installed plugins to load, parted by commas; none if it is empty."""


def normalized(name: str) -> str:
    """A distribution's name as the Python packaging specifications compare it."""
    return re.sub(r"[-_.]+", "-", name.strip()).lower()


def wanted() -> set[str] | None:
    """The names in `ONLY`, normalized; None where it is not set, which is to load all."""
    given = os.environ.get(ONLY)
    return None if given is None else {normalized(name) for name in given.split(",") if name.strip()}

"""Which frameworks are compared."""

from collections.abc import Callable, Sequence

from s2s_toolkit.errors import PluginError, S2SError, UnsupportedError
from s2s_toolkit.model import REFERENCE
from s2s_toolkit.registry import Registry
from s2s_toolkit.remedies import ways_to_more


def chosen_frameworks(
    names: Sequence[str], registry: Registry, *, first: str, warn: Callable[[str], None] = lambda message: None
) -> list[str]:
    """The frameworks of these names, or every one that is installed and trains; S2SError unless there are two.

    Args:
        names: What was asked for; nothing for all.
        registry: Where they are found.
        first: What comes first where nothing was asked for, if it is there: the config's own.
        warn: Told of one that can't be loaded and was not asked for.
    """
    if names:
        return _asked_for(names, registry)
    found = []
    for name in registry.names("framework"):
        try:
            registry.load("framework", name)
        except PluginError as error:
            warn(f"{name} is left out: {error}")
        else:
            found += [name] * (name != REFERENCE)
    if len(found) < 2:
        ways = ways_to_more("framework", registry.plugins() | registry.failures.keys(), registry.left_out)
        there = ", ".join(found) or "none"
        raise UnsupportedError("; ".join([f"comparing needs two frameworks that train, installed: {there}", *ways]))
    return sorted(found, key=lambda name: name != first)


def _asked_for(names: Sequence[str], registry: Registry) -> list[str]:
    found = list(dict.fromkeys(names))
    for name in found:
        registry.load("framework", name)
        if name == REFERENCE:
            raise UnsupportedError(f"{name} is the reference and trains nothing; leave it out of --frameworks")
    if len(found) < 2:
        raise S2SError(f"comparing needs two frameworks, given {', '.join(found)}; give --frameworks for each")
    return found

"""How long a target may be: settings of every strategy."""

from collections.abc import Iterable, Mapping, Sequence

from s2s_toolkit.errors import ConfigError, TextError

LENGTHS: Mapping[str, int] = {"max_length": 100, "min_length": 0}
"""Name -> default: most and least symbols of a target, its end included."""
GREATEST = 1_000_000
"""What `max_length` may be: what a search remembers of each step has to fit into memory."""
SHOWN = 20
"""Characters of a text that an error shows."""


def require_lengths(max_length: float, min_length: float) -> None:
    """ConfigError unless a target can have both lengths."""
    if max_length < 1:
        raise ConfigError(f"max_length must be at least 1, given {max_length}")
    if max_length > GREATEST:
        raise ConfigError(f"max_length must be at most {GREATEST}, given {max_length}")
    if not 0 <= min_length <= max_length:
        raise ConfigError(f"min_length must lie between 0 and max_length, which is {max_length}; given {min_length}")


def require_room(prefixes: Sequence[str], counts: Iterable[int], max_length: int) -> None:
    """TextError unless each target may have one symbol more than its prefix, which has that many."""
    for place, count in enumerate(counts):
        if count > max_length - 1:
            room = f"max_length = {max_length} leaves room for {max_length - 1}"
            raise TextError(place, f"prefix {beginning(prefixes[place])} has {count} symbols, and {room}")


def require_short(sources: Sequence[str], counts: Iterable[int], limit: int, remedy: str) -> None:
    """TextError unless each source, which has that many symbols, has no more than the limit."""
    for place, count in enumerate(counts):
        if count > limit:
            told = f"source {beginning(sources[place])} has {count} symbols, the limit is {limit}; {remedy}"
            raise TextError(place, told)


def beginning(text: str) -> str:
    """A text as it is shown in an error: quoted, and not all of a long one."""
    return repr(text) if len(text) <= SHOWN else f"{text[:SHOWN]!r}…"

"""How long a target may be: settings of every strategy."""

from collections.abc import Mapping

from s2s_toolkit.errors import ConfigError, DataError

LENGTHS: Mapping[str, int] = {"max_length": 100, "min_length": 0}
"""Name -> default: most and least symbols of a target, its end included."""
GREATEST = 1_000_000
"""What `max_length` may be: what a search remembers of each step has to fit into memory."""


def require_lengths(max_length: float, min_length: float) -> None:
    """ConfigError unless a target can have both lengths."""
    if max_length < 1:
        raise ConfigError(f"max_length must be at least 1, given {max_length}")
    if max_length > GREATEST:
        raise ConfigError(f"max_length must be at most {GREATEST}, given {max_length}")
    if not 0 <= min_length <= max_length:
        raise ConfigError(f"min_length must lie between 0 and max_length, which is {max_length}; given {min_length}")


def require_room(prefix: str, num_symbols: int, max_length: int) -> None:
    """DataError unless a target may have one symbol more than its prefix."""
    if num_symbols > max_length - 1:
        raise DataError(
            f"prefix {prefix!r} has {num_symbols} symbols, and max_length = {max_length} leaves room for "
            f"{max_length - 1}"
        )

"""What a search may try: a range or a choice of values for each key, as the command line says them."""

import math
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from s2s_toolkit.assignments import Assignment, full_key, parse_assignment
from s2s_toolkit.complete_config import complete
from s2s_toolkit.config import Config
from s2s_toolkit.errors import ConfigError
from s2s_toolkit.registry import Registry

FORMS = "give LOW..HIGH, LOW..HIGH:log or VALUE,VALUE,…"
LOG = ":log"


@dataclass(frozen=True)
class Range:
    """Numbers between two, both included: integers where both ends are.

    Attributes:
        key: Dotted, as `--set` has it.
        low: The least.
        high: The greatest.
        log: Whether small ones are tried as often as large ones, by their logarithm.
    """

    key: str
    low: float
    high: float
    log: bool

    @property
    def extremes(self) -> list[Any]:
        """The values between which all others lie."""
        return [self.low, self.high]


@dataclass(frozen=True)
class Choice:
    """Some values, of any type that a config has."""

    key: str
    values: tuple[Any, ...]

    @property
    def extremes(self) -> list[Any]:
        """All of them."""
        return list(self.values)


Trying = Range | Choice


def parse_trying(text: str) -> Trying:
    """What a text such as `training.learning_rate=1e-4..1e-2:log` or `attention.name=additive,general` says."""
    key, equals, said = (part.strip() for part in text.partition("="))
    if not equals or not key or not said:
        raise ConfigError(f"expected KEY=VALUES, found {text!r}; {FORMS}")
    key = full_key(key)
    low, dots, high = said.removesuffix(LOG).partition("..")
    if dots:
        least, greatest = _number(low), _number(high)
        if least is not None and greatest is not None:
            return _range(key, least, greatest, log=said.endswith(LOG))
    values = _values(said)
    if len(values) < 2:
        raise ConfigError(f"{text!r} leaves nothing to choose; {FORMS}, or --set {key}={said}")
    if any(value in values[:place] for place, value in enumerate(values)):
        raise ConfigError(f"{text!r} has a value twice")
    return Choice(key, tuple(values))


def check_space(
    tryings: Sequence[Trying], read: Callable[[Sequence[Assignment]], Config], registry: Registry
) -> Config:
    """The config with the first value of each key; ConfigError where a config refuses an end of a range or a choice.

    Each is tried beside the first values of the other keys, so combinations may still be refused later.

    Args:
        tryings: What may be tried.
        read: Reads the config with changes.
        registry: Where parts are found.
    """
    keys = [trying.key for trying in tryings]
    if twice := [key for place, key in enumerate(keys) if key in keys[:place]]:
        raise ConfigError(f"{twice[0]!r} is tried twice; give all its values at once")
    if "training.metric" in keys:
        raise ConfigError("'training.metric' says which trial is better, and can't be tried itself")
    first = {trying.key: trying.extremes[0] for trying in tryings}
    for trying in tryings:
        for value in trying.extremes:
            complete(read(list((first | {trying.key: value}).items())), registry)
    return read(list(first.items()))


def _range(key: str, low: float, high: float, *, log: bool) -> Range:
    if not low < high or not math.isfinite(high - low):
        raise ConfigError(f"{key}: the range {low}..{high} is empty; give the lower end first")
    if log and low <= 0:
        raise ConfigError(f"{key}: a range with :log lies above 0, given {low}..{high}")
    return Range(key, low, high, log)


def _number(text: str) -> float | None:
    """An integer or another number, as TOML writes it; None for anything else."""
    try:
        value = tomllib.loads(f"value = {text}").get("value")
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _values(text: str) -> list[Any]:
    """A TOML list without its brackets, or bare texts between commas."""
    try:
        parsed: list[Any] = tomllib.loads(f"value = [{text}]")["value"]
        return parsed
    except (ValueError, RecursionError):
        return [parse_assignment(f"value={part}")[1] for part in text.split(",")]

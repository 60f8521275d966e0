"""The decoding strategy that a suite tests: made with its options, or with one of them changed."""

from collections.abc import Iterator
from typing import Any

import pytest

from s2s_toolkit.arrays import Namespace
from s2s_toolkit.errors import ConfigError
from s2s_toolkit.loading import make_strategy
from s2s_toolkit.registry import Registry
from s2s_toolkit.strategies.contract import DecodingStrategy
from s2s_toolkit.testing.requirements import require_framework
from s2s_toolkit.testing.suite import Suite


class StrategySuite(Suite):
    """A suite of tests that make a strategy themselves, since one may remember what it should not."""

    kind = "decoding strategy"

    def strategy(self, registry: Registry, **changed: Any) -> DecodingStrategy:
        """The strategy with its options, some of them changed."""
        return make_strategy(self.name, {**self.options, **changed}, registry)

    def other(self, registry: Registry, setting: str) -> tuple[int | float, DecodingStrategy]:
        """Another value than the default that the setting's option takes, and the strategy that is made with it."""
        for value in _others(self.strategy(registry).settings[setting]):
            try:
                return value, self.strategy(registry, **{setting: value})
            except ConfigError:
                continue
        pytest.fail(f"option {setting!r} takes no other value near its default")

    def namespace(self, framework: str, registry: Registry) -> Namespace:
        """A framework's array namespace."""
        require_framework(framework, registry)
        return registry.load("framework", framework)().namespace()


def _others(default: int | float) -> Iterator[int | float]:
    if isinstance(default, int):
        yield from (default + 1, default + 2, default * 2 + 1, default - 1)
    else:
        yield from (default / 2 or 0.5, default + 1, default - 0.25)

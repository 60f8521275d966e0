"""The settings of an exported file: what a call may vary, checked before onnxruntime sees it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from s2s_toolkit.errors import ConfigError
from s2s_toolkit.strategies.beam import BeamSearch
from s2s_toolkit.strategies.greedy import Greedy
from s2s_toolkit.strategies.lengths import LENGTHS, require_lengths
from s2s_toolkit.strategies.sample import Sample

BUILT_IN = {"beam": BeamSearch, "greedy": Greedy, "sample": Sample}
"""Strategies that can say which values make sense; of other settings the type alone is checked."""


@dataclass(frozen=True)
class Settings:
    """What a file lets vary.

    Attributes:
        where: The file, for errors.
        strategy: The name of its decoding strategy.
        defaults: Name -> default of each setting; int or float says the type.
        fixed: Name -> value of the strategy's other options.
    """

    where: str
    strategy: str
    defaults: Mapping[str, int | float]
    fixed: Mapping[str, Any]

    def checked(
        self, given: Mapping[str, int | float], over: Mapping[str, np.ndarray] | None = None
    ) -> dict[str, np.ndarray]:
        """The values as graph inputs; ConfigError for an unknown or fixed name and for a value that can't work.

        Args:
            given: Name -> value of some settings.
            over: What was chosen before; the lengths must fit together with it.
        """
        arrays = {name: self._array(name, value) for name, value in given.items()}
        in_force = {**LENGTHS, **self.defaults, **(over or {}), **arrays}
        require_lengths(**{name: int(in_force[name]) for name in LENGTHS})
        made = BUILT_IN.get(self.strategy)
        if made:
            known = made().settings
            try:
                made(**{name: value for name, value in given.items() if name in known})
            except ValueError as error:
                raise ConfigError(str(error)) from error
        return arrays

    def _array(self, name: str, value: int | float) -> np.ndarray:
        if name not in self.defaults:
            known = ", ".join(sorted(self.defaults))
            state = (
                f"is fixed at {self.fixed[name]!r}; export anew to change it" if name in self.fixed else "is unknown"
            )
            raise ConfigError(f"setting {name!r} of {self.where} {state}; what a call can set: {known}")
        is_count = isinstance(self.defaults[name], int)
        allowed = int | np.integer if is_count else int | float | np.integer | np.floating
        if isinstance(value, bool) or not isinstance(value, allowed):
            raise ConfigError(f"setting {name!r} takes {'an integer' if is_count else 'a number'}, given {value!r}")
        greatest = int(np.iinfo(np.int64).max) if is_count else float(np.finfo(np.float32).max)
        if not -greatest <= value <= greatest:
            raise ConfigError(f"setting {name!r} lies between {-greatest} and {greatest}, given {value!r}")
        return np.asarray(value, np.int64 if is_count else np.float32)

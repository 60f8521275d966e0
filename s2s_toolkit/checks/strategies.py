"""Try a decoding strategy on a tiny model: what breaks the contract is told when it is made, not after a training."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from s2s_toolkit.arrays import Namespace
from s2s_toolkit.blame import blaming, named
from s2s_toolkit.errors import PluginError, UnsupportedError
from s2s_toolkit.options import option_parameters
from s2s_toolkit.registry import Offer
from s2s_toolkit.search import search
from s2s_toolkit.strategies.contract import Advance, DecodingStrategy, Search, Settings, Step
from s2s_toolkit.symbols import EOS

KIND = "decoding strategy"
SOURCE_IDS, SOURCE_LENGTHS = np.array([[4, 5, 6, EOS], [7, EOS, 0, 0], [5, 4, EOS, 0]]), np.array([4, 2, 3])
MAX_LENGTH, SEED = 6, 1
TYPES = {"b": "bool", "i": "int64", "f": "float32"}
"""numpy's kind of type -> the one that a strategy has."""


def check_strategy(strategy: Any, offer: Offer) -> None:
    """Decode three sources; PluginError names the strategy, the method and what is wrong with it."""
    try:
        with blaming(KIND, offer), np.errstate(all="ignore"):  # what is not finite is told in our own words
            checked = CheckedStrategy(strategy)
            stepper = TinyStepper(vocabulary_size=strategy.rows + 7)
            search(stepper, checked, SOURCE_IDS, SOURCE_LENGTHS, {"max_length": MAX_LENGTH})
    except UnsupportedError as error:  # which knows the strategy as "it"
        raise PluginError(f"{named(KIND, offer)}: {error}") from error


class TinyStepper:
    """Three sources' model (`s2s_toolkit.contracts.Stepper`): the symbol before says what comes, ever sooner the end.

    Its state is the number of steps.
    """

    def __init__(self, vocabulary_size: int) -> None:
        self.vocabulary_size = vocabulary_size
        self.logits = np.random.default_rng(SEED).normal(size=(vocabulary_size, vocabulary_size)).astype(np.float32)

    def start(self, source_ids: np.ndarray, source_lengths: np.ndarray, copies: int) -> int:
        return 0

    def step(self, previous_ids: np.ndarray, state: int) -> tuple[np.ndarray, np.ndarray, int]:
        logits = self.logits[previous_ids] + np.float32(state) * (np.arange(self.vocabulary_size) == EOS)
        copies = len(previous_ids) // len(SOURCE_IDS)
        real = np.arange(SOURCE_IDS.shape[1]) < np.repeat(SOURCE_LENGTHS, copies)[:, None]
        return logits.astype(np.float32), (real / real.sum(axis=1, keepdims=True)).astype(np.float32), state + 1

    def select(self, state: int, rows: np.ndarray) -> int:
        return state


class CheckedStrategy:
    """A strategy that is looked at while it decodes; UnsupportedError says what is wrong with what it gives."""

    def __init__(self, strategy: DecodingStrategy) -> None:
        for name in ("rows", "num_results"):
            count = getattr(strategy, name, None)
            if not isinstance(count, int) or count < 1:
                raise UnsupportedError(f"its `{name}` is {count!r}, expected a number of at least 1")
        settings = getattr(strategy, "settings", None)
        if not isinstance(settings, Mapping) or not all(type(value) in (int, float) for value in settings.values()):
            raise UnsupportedError(f"its `settings` are {settings!r:.60}, expected a dict of numbers by name")
        if strange := sorted(set(settings) - set(option_parameters(type(strategy)))):
            raise UnsupportedError(f"its setting {strange[0]!r} is no option of its constructor, as every setting is")
        self.strategy, self.settings = strategy, settings
        self.rows, self.num_results = strategy.rows, strategy.num_results
        self.no_repeat_ngram_size = getattr(strategy, "no_repeat_ngram_size", 0)

    def start(self, xp: Namespace, source_ids: np.ndarray) -> Search:
        found = self.strategy.start(xp, source_ids)
        if not isinstance(found, Mapping):
            raise UnsupportedError(f"its `start` gives {found!r:.60}, expected a dict of arrays")
        for name, array in found.items():
            _check(f"`start` gives {name!r}", array, (len(source_ids), *np.shape(array)[1:]), "bif")
        return dict(found)

    def advance(self, xp: Namespace, step: Step, search: Search, settings: Settings) -> Advance:
        found = self.strategy.advance(xp, step, search, settings)
        if not isinstance(found, Advance):
            raise UnsupportedError(f"its `advance` gives {found!r:.60}, expected an Advance")
        batch, rows, vocabulary_size = step.log_probs.shape
        _check("`advance` gives ids", found.ids, (batch, rows), "i", below=vocabulary_size)
        _check("`advance` gives parents", found.parents, (batch, rows), "i", below=rows)
        if set(found.search) != set(search):
            before, after = (", ".join(sorted(names)) or "nothing" for names in (search, found.search))
            raise UnsupportedError(f"its search is {before} at first, and after a step {after}")
        for name, array in found.search.items():
            _check(f"`advance` gives {name!r}", array, search[name].shape, search[name].dtype.kind)
        return found

    def done(self, xp: Namespace, search: Search, settings: Settings) -> np.ndarray:
        found = self.strategy.done(xp, search, settings)
        return _check("`done` gives sources", found, (len(SOURCE_IDS),), "b")

    def finish(self, xp: Namespace, search: Search, settings: Settings) -> tuple[np.ndarray, np.ndarray]:
        found = self.strategy.finish(xp, search, settings)
        if not isinstance(found, tuple) or len(found) != 2:
            raise UnsupportedError(f"its `finish` gives {found!r:.60}, expected rows and scores, a tuple")
        shape = (len(SOURCE_IDS), self.num_results)
        rows = _check("`finish` gives rows", found[0], shape, "i", below=self.rows)
        scores = _check("`finish` gives scores", found[1], shape, "f")
        if not np.isfinite(scores).all():
            raise UnsupportedError("`finish` gives scores with a value that is not finite")
        return rows, scores


def _check(what: str, array: Any, shape: tuple[int, ...], kinds: str, below: int | None = None) -> np.ndarray:
    """The array, once its shape, its type and, where there is a limit, its values from 0 up are known to be right."""
    if not isinstance(array, np.ndarray | np.generic):
        raise UnsupportedError(f"{what} {array!r:.40}, expected an array")
    values = np.asarray(array)
    if values.shape != shape:
        raise UnsupportedError(f"{what} of shape {values.shape}, expected {shape}")
    if values.dtype.kind not in kinds:
        raise UnsupportedError(f"{what} of type {values.dtype}, expected {' or '.join(TYPES[kind] for kind in kinds)}")
    if below is not None and (wrong := values[(values < 0) | (values >= below)]).size:
        raise UnsupportedError(f"{what} with {wrong[0]} among them, expected 0 to {below - 1}")
    return values

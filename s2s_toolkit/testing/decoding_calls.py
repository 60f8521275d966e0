"""What decoding strategies are tried on: calls that hypothesis draws, and how two results are compared."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from s2s_toolkit.batches import padded, source_arrays
from s2s_toolkit.search import Hypotheses, search
from s2s_toolkit.strategies.contract import IMPOSSIBLE, DecodingStrategy
from s2s_toolkit.symbols import SPECIAL, UNK
from s2s_toolkit.testing.agreement import assert_close
from s2s_toolkit.testing.random_steps import RandomStepper
from s2s_toolkit.testing.repeatable import REPEATABLE

Results = list[tuple[tuple[int, ...], float]]
"""What was found for a source: targets and their scores."""

NUM_SYMBOLS = 27
"""Ordinary symbols of source and target; a strategy that keeps many rows gets more targets to choose from."""

SYMBOLS = st.sampled_from([UNK, *range(len(SPECIAL), len(SPECIAL) + NUM_SYMBOLS)])


@dataclass(frozen=True)
class Call:
    """Sources to decode with a random model.

    Attributes:
        seed: Of the model.
        end: How much more probable than others the end is, in nats.
        max_length: Most symbols of a target, its end included.
        min_length: Least symbols, likewise.
        sources: Ids of each source, without their end.
        prefixes: What the targets of each source begin with.
    """

    seed: int
    end: float
    max_length: int
    min_length: int
    sources: tuple[tuple[int, ...], ...]
    prefixes: tuple[tuple[int, ...], ...]

    @property
    def lengths(self) -> dict[str, int | float]:
        """The settings that every strategy has."""
        return {"max_length": self.max_length, "min_length": self.min_length}

    @property
    def prefix_ids(self) -> np.ndarray:
        """(B, P), PAD after each."""
        return padded([list(prefix) for prefix in self.prefixes])[0]

    def model(self, strategy: DecodingStrategy) -> RandomStepper:
        """The model, whose target vocabulary is large enough for the strategy's rows."""
        return RandomStepper(len(SPECIAL) + max(NUM_SYMBOLS, strategy.rows + 12), self.seed, self.end)

    def arrays(self, padding: int = 0) -> tuple[np.ndarray, np.ndarray]:
        """Ids (B, S) with their ends and so many columns more than they need, and lengths (B,)."""
        source_ids, source_lengths = source_arrays([list(source) for source in self.sources])
        return np.pad(source_ids, ((0, 0), (0, padding))), source_lengths

    def decode(
        self, strategy: DecodingStrategy, changed: Mapping[str, int | float] | None = None, *, padding: int = 0
    ) -> Hypotheses:
        """What the search finds, under settings that differ from the strategy's own."""
        given = {**self.lengths, **(changed or {})}
        return search(self.model(strategy), strategy, *self.arrays(padding), given, self.prefix_ids)

    def single(self) -> Iterator["Call"]:
        """A call for each source alone."""
        for source, prefix in zip(self.sources, self.prefixes, strict=True):
            yield Call(self.seed, self.end, self.max_length, self.min_length, (source,), (prefix,))

    def unbound(self) -> "Call":
        """The call without prefixes and a least length, so that no symbol is ruled out."""
        return Call(self.seed, self.end, self.max_length, 0, self.sources, ((),) * len(self.sources))


@st.composite
def calls(draw: st.DrawFn) -> Call:
    """Draw a call: up to four sources, empty ones among them, and models that end at once, later or never."""
    max_length = draw(st.integers(1, 7))
    sources = draw(st.lists(st.lists(SYMBOLS, max_size=5).map(tuple), min_size=1, max_size=4))
    prefix = st.lists(SYMBOLS, max_size=min(3, max_length - 1)).map(tuple)
    return Call(
        seed=draw(st.integers(0, 2**16)),
        end=draw(st.sampled_from([1.0, 3.0, 5.0, -20.0])),
        max_length=max_length,
        min_length=draw(st.integers(0, max_length)),
        sources=tuple(sources),
        prefixes=tuple(draw(st.lists(prefix, min_size=len(sources), max_size=len(sources)))),
    )


def each_call(test: Callable[..., None]) -> Callable[..., None]:
    """Run a test on every call that hypothesis draws."""
    return REPEATABLE(given(call=calls())(test))


def results_of(found: Hypotheses) -> list[Results]:
    """The results for each source, those left out that stand for no target."""
    return [
        [
            (tuple(ids[:length].tolist()), float(score))
            for ids, length, score in zip(*row, strict=True)
            if score > IMPOSSIBLE
        ]
        for row in zip(found.ids, found.lengths, found.scores, strict=True)
    ]


def assert_same(found: Sequence[Results], expected: Sequence[Results], claim: str) -> None:
    """The same targets for each source, with the same scores; else the claim does not hold, in one line."""
    __tracebackhide__ = True
    for number, (one, other) in enumerate(zip(found, expected, strict=True), start=1):
        (targets, scores), (wanted, wanted_scores) = map(columns, (one, other))
        if targets != wanted:
            raise AssertionError(f"{claim}: source {number} gets {targets}, expected {wanted}")
        assert_close(np.array(scores), np.array(wanted_scores), f"{claim}: the scores of source {number}")


def columns(results: Results) -> tuple[list[tuple[int, ...]], list[float]]:
    """The targets and their scores."""
    return [target for target, _ in results], [score for _, score in results]

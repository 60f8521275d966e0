"""What a decoding strategy is asked, and the numbers that all of them share."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from s2s_toolkit.arrays import Array, Namespace

NEVER = -1e30
"""The log-probability of what can't be chosen. Finite: it may be added to and multiplied by zero."""

IMPOSSIBLE = NEVER / 1e10
"""A result that scores less stands for no target: a search may find fewer targets than it has rows."""

Search = dict[str, Array]
"""What a strategy carries from step to step: named arrays whose shapes never change, the source on axis 0."""
Settings = Mapping[str, Array]
"""What may vary from call to call: scalars by name."""


@dataclass(frozen=True)
class Step:
    """What the model says about the next symbol; K rows for each source.

    Attributes:
        number: Steps taken before, a scalar.
        log_probs: Log-probabilities (B, K, V); `NEVER` where PAD, BOS and what the constraints rule out stand.
        attention: Weights of the source's symbols and of its end (B, K, S), zero on padding.
    """

    number: Array
    log_probs: Array
    attention: Array


@dataclass(frozen=True)
class Advance:
    """What a strategy chose in one step; K rows for each source.

    Attributes:
        ids: The chosen symbols (B, K), EOS for a row that has finished.
        parents: Which of the source's K rows each new row goes on from (B, K).
        search: What the next step needs.
    """

    ids: Array
    parents: Array
    search: Search


class DecodingStrategy(Protocol):
    """Chooses among the possible targets.

    Attributes:
        rows: K, rows that the model steps for each source.
        num_results: N, results for each source.
        settings: Name -> default of what may vary from call to call; int or float says the type. The lengths of
            `s2s_toolkit.strategies.lengths` come with every strategy.
        no_repeat_ngram_size: Symbols of an n-gram that can't stand twice in a target; 0, or no such attribute, for any.
    """

    rows: int
    num_results: int
    settings: Mapping[str, int | float]

    def start(self, xp: Namespace, source_ids: Array) -> Search:
        """The first `Search` for sources (B, S), whose padding is 0."""

    def advance(self, xp: Namespace, step: Step, search: Search, settings: Settings) -> Advance:
        """Choose the next symbol of each row."""

    def done(self, xp: Namespace, search: Search, settings: Settings) -> Array:
        """Sources whose results can't change any more (B,)."""

    def finish(self, xp: Namespace, search: Search, settings: Settings) -> tuple[Array, Array]:
        """Rows of the results, best first (B, N), and their scores (B, N)."""

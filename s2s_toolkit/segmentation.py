"""How a word is cut into pieces of it, as a record: what a subword tokenizer and the exported file both follow."""

import heapq
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Protocol, TypeGuard, TypeVar

MARK = "\N{LOWER ONE EIGHTH BLOCK}"
"""What a word begins with, as in SentencePiece: "▁" stands for the white space before it."""
UNKNOWN_PENALTY = 10.0
"""By how much a character that is no piece is less probable than the least probable piece, as in SentencePiece."""
REMEMBERED, LONG = 2**16, 100
"""Words for which `remembering` keeps what was found, and characters of a word at most for which it does."""

Found = TypeVar("Found")


class Segmentation(Protocol):
    """Cuts a word, `MARK` included, into pieces: none is empty, and joined they are the word."""

    def cut(self, word: str) -> list[str]:
        """The pieces of a word."""

    def described(self) -> dict[str, Any]:
        """The record as JSON can say it; `segmentation_of` reads it."""


@dataclass(frozen=True)
class Merges:
    """Byte-pair encoding (Sennrich et al. 2016, section 3.2): characters grow together, pair by pair.

    Of all neighbours in a word, the pair that stands first in the list is merged, of equal ones the leftmost, until no
    two neighbours stand in the list.

    Attributes:
        pairs: Two pieces each, those that were merged first when the list was learnt first.
    """

    pairs: tuple[tuple[str, str], ...]
    _ranks: Mapping[tuple[str, str], int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        ranks = {pair: rank for rank, pair in enumerate(self.pairs)}
        if len(ranks) < len(self.pairs) or not all(all(pair) for pair in ranks):
            raise ValueError("a pair of merges stands there twice, or has an empty piece")
        object.__setattr__(self, "_ranks", ranks)

    def cut(self, word: str) -> list[str]:
        pieces = list(word)
        following = [*range(1, len(pieces)), -1]
        before = list(range(-1, len(pieces) - 1))
        waiting = [found for place in range(len(pieces)) if (found := self._pair(pieces, place, following[place]))]
        heapq.heapify(waiting)
        while waiting:
            rank, place = heapq.heappop(waiting)
            other = following[place]
            if self._pair(pieces, place, other) != (rank, place):
                continue  # one of the two has been merged with another since
            pieces[place], pieces[other] = pieces[place] + pieces[other], ""
            following[place] = following[other]
            if following[place] >= 0:
                before[following[place]] = place
            for left in (before[place], place):
                if left >= 0 and (found := self._pair(pieces, left, following[left])):
                    heapq.heappush(waiting, found)
        return [piece for piece in pieces if piece]

    def described(self) -> dict[str, Any]:
        return {"merges": [list(pair) for pair in self.pairs]}

    def _pair(self, pieces: Sequence[str], place: int, other: int) -> tuple[int, int] | None:
        """Rank and place of a piece and the one behind it; None where they are not to be merged."""
        rank = self._ranks.get((pieces[place], pieces[other])) if other >= 0 else None
        return None if rank is None else (rank, place)


@dataclass(frozen=True)
class Unigram:
    """The most probable pieces (Kudo 2018, section 3.2), each piece having a log-probability of its own.

    A character that is no piece is one that nothing is known of, and less probable than every piece. Sums are of 64
    bits, from the left; of equally probable ways to a place the one whose last piece is longest counts.

    Attributes:
        scores: Piece -> its log-probability.
    """

    scores: Mapping[str, float]
    _longest: int = field(init=False, repr=False, compare=False)
    unknown: float = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.scores or "" in self.scores or not all(map(math.isfinite, self.scores.values())):
            raise ValueError("a unigram segmentation has pieces, none of them empty, whose scores are finite")
        object.__setattr__(self, "_longest", max(map(len, self.scores)))
        object.__setattr__(self, "unknown", min(self.scores.values()) - UNKNOWN_PENALTY)

    def cut(self, word: str) -> list[str]:
        best: list[tuple[float, int]] = [(0.0, 0)] + [(-math.inf, 0)] * len(word)  # score of the way, its last start
        for start in range(len(word)):
            for end in range(start + 1, min(start + self._longest, len(word)) + 1):
                score = self.scores.get(word[start:end], self.unknown if end == start + 1 else None)
                if score is not None and (way := best[start][0] + score) > best[end][0]:
                    best[end] = (way, start)
        pieces, end = [], len(word)
        while end > 0:
            start = best[end][1]
            pieces.append(word[start:end])
            end = start
        return pieces[::-1]

    def described(self) -> dict[str, Any]:
        return {"pieces": [[piece, score] for piece, score in self.scores.items()]}


def segmentation_of(described: Any) -> Merges | Unigram:
    """The record that `described` says; ValueError where it says none."""
    content = described if isinstance(described, dict) else {}
    merges, pieces = content.get("merges"), content.get("pieces")
    if _are_twos(merges, str):
        return Merges(tuple((first, second) for first, second in merges))
    if _are_twos(pieces, int | float):
        return Unigram({piece: float(score) for piece, score in pieces})
    raise ValueError("expected 'merges', a list of two pieces each, or 'pieces', a list of piece and score each")


def remembering(function: Callable[[str], Found]) -> Callable[[str], Found]:
    """A function of words that keeps what it found: most words of a text stand in it again and again.

    Not for long ones, which would fill the memory.
    """
    kept = lru_cache(maxsize=REMEMBERED)(function)
    return lambda word: kept(word) if len(word) <= LONG else function(word)


def _are_twos(entries: Any, second: Any) -> TypeGuard[list[list[Any]]]:
    """Whether these are lists of a string and something of another type."""
    return isinstance(entries, list) and all(
        isinstance(entry, list) and len(entry) == 2 and isinstance(entry[0], str) and isinstance(entry[1], second)
        for entry in entries
    )

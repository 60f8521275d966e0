"""Pairs of ids to train on: flat arrays with the place of each row, in memory or mapped from a file."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import NamedTuple

import numpy as np

from s2s_toolkit.mixture import Mixture

Example = tuple[Sequence[int], Sequence[int]]
"""The ids of a source and of its target, without BOS and EOS."""

CHUNK = 1 << 14
"""Rows that are stored together."""


class Chunk(NamedTuple):
    """N rows of numbers: all of them one behind the other, int32, and where each row begins, N + 1 places, int32."""

    values: np.ndarray
    offsets: np.ndarray


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows of numbers of different lengths.

    They lie in chunks, each of `CHUNK` rows but the last. A chunk's values stand in one array at one place, its offsets
    in the same or another array at another place. So a mapped file is read as it lies, and is never loaded.

    Attributes:
        values: int32, at least all values of all chunks.
        offsets: int32, at least all offsets of all chunks; they count from the first value of their chunk.
        values_at: Where in `values` each chunk begins (C,), int64.
        offsets_at: Where in `offsets` each chunk's begin (C,), int64.
        count: Number of rows.
        table: What each number stands for, int32; None where it is the id itself.
    """

    values: np.ndarray
    offsets: np.ndarray
    values_at: np.ndarray
    offsets_at: np.ndarray
    count: int
    table: np.ndarray | None = None

    @classmethod
    def of(cls, sequences: Sequence[Sequence[int]]) -> "Rows":
        """Rows in memory."""
        parts = (sequences[start : start + CHUNK] for start in range(0, len(sequences), CHUNK))
        return cls.joined([chunk_of(part) for part in parts])

    @classmethod
    def joined(cls, chunks: Sequence[Chunk]) -> "Rows":
        """Rows in memory, of chunks that are `CHUNK` rows long but for the last."""
        values_at, offsets_at = (_places([len(chunk[part]) for chunk in chunks]) for part in (0, 1))
        empty = [np.zeros(0, np.int32)]
        values, offsets = (np.concatenate([chunk[part] for chunk in chunks] or empty) for part in (0, 1))
        return cls(values, offsets, values_at, offsets_at, sum(len(chunk.offsets) - 1 for chunk in chunks))

    def __len__(self) -> int:
        return self.count

    def mapped(self, table: np.ndarray) -> "Rows":
        """The same rows with each number replaced by what a table has for it, when it is read."""
        return replace(self, table=table)

    def places(self, positions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Where the rows at some positions (B,) begin in `values`, and how long they are: (B,) each, int64."""
        chunk, row = np.divmod(positions, CHUNK)
        at = self.offsets_at[chunk] + row
        begin = self.offsets[at].astype(np.int64)
        return self.values_at[chunk] + begin, self.offsets[at + 1] - begin

    def lengths(self, positions: np.ndarray) -> np.ndarray:
        """How long the rows at some positions are (B,)."""
        return self.places(positions)[1]

    def gather(self, positions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The rows at some positions: all their numbers, one row behind the other, and which cells (B, L) they fill."""
        starts, lengths = self.places(positions)
        columns = np.arange(lengths.max(initial=0))
        filled = columns < lengths[:, None]  # (B, L)
        numbers = self.values[(starts[:, None] + columns)[filled]]
        return (numbers if self.table is None else self.table[numbers]), filled


@dataclass(frozen=True, eq=False)
class Examples:
    """Pairs of rows, and how often each of them is drawn in an epoch.

    Attributes:
        sources: Ids of the sources, without EOS.
        targets: Ids of the targets, without BOS and EOS; as many.
        mixture: Of several corpora, whose pairs stand one corpus behind the other.
    """

    sources: Rows
    targets: Rows
    mixture: Mixture

    @classmethod
    def of(cls, pairs: Sequence[Example]) -> "Examples":
        """Pairs in memory, each drawn once."""
        sources, targets = Rows.of([source for source, _ in pairs]), Rows.of([target for _, target in pairs])
        return cls(sources, targets, Mixture((len(pairs),)))

    def __len__(self) -> int:
        return len(self.sources)


def chunk_of(sequences: Sequence[Sequence[int]]) -> Chunk:
    """A chunk of some rows."""
    offsets = np.zeros(len(sequences) + 1, np.int32)
    np.cumsum([len(sequence) for sequence in sequences], out=offsets[1:])
    return Chunk(np.fromiter(chain.from_iterable(sequences), np.int32, offsets[-1]), offsets)


def _places(sizes: Sequence[int]) -> np.ndarray:
    return np.cumsum([0, *sizes], dtype=np.int64)[:-1]

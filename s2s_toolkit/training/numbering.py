"""One pass over the training pairs: symbols become numbers in the order in which they first appear.

What a symbol's id is depends on how often all of them occur, which is known at the end. So texts are cut once, to
numbers, and a table takes numbers to ids whenever a batch is made.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

import numpy as np

from s2s_toolkit.config_sections import CorpusConfig, DataConfig
from s2s_toolkit.corpus import Counts, SplitPair, no_skipped, require_pairs, split_pairs
from s2s_toolkit.examples import CHUNK, Chunk, Examples, Rows, chunk_of
from s2s_toolkit.mixture import Mixture
from s2s_toolkit.text import TextSide
from s2s_toolkit.vocabulary import Vocabulary

SAMPLE = 200
"""Pairs of each corpus by which a tokenizer is known again."""


class Numbers(dict[str, int]):
    """Symbol -> its number; one that is new gets the next."""

    def __missing__(self, symbol: str) -> int:
        number = self[symbol] = len(self)
        return number


@dataclass
class Tally:
    """What is learned of the pairs on the way.

    Attributes:
        numbers: Of the symbols of sources and targets.
        counts: How often each number occurs, of sources and targets.
        sizes: Number of usable pairs of each corpus.
        skipped: Number of pairs left out, by reason.
    """

    numbers: tuple[Numbers, Numbers]
    counts: tuple[np.ndarray, np.ndarray]
    sizes: list[int]
    skipped: dict[str, int]


class NumberedReader:
    """Reads the training pairs as a stream, with little of them in memory at a time.

    Args:
        data: Where they are.
        source: How a source is cut.
        target: How a target is cut.
    """

    def __init__(self, data: DataConfig, source: TextSide, target: TextSide) -> None:
        self.data, self.sides = data, (source, target)

    def chunks(self, tally: Tally) -> Iterator[tuple[Chunk, Chunk]]:
        """Numbers of sources and targets, by chunks of `CHUNK` pairs; the tally is complete after the last.

        DataError where a corpus has no usable pair, or as `split_pairs`.
        """
        pairs = self._numbered(tally)
        while rows := list(islice(pairs, CHUNK)):
            chunks = [chunk_of([row[side] for row in rows]) for side in (0, 1)]
            tally.counts = tuple(map(_added, tally.counts, chunks, tally.numbers))  # type: ignore[assignment]
            yield chunks[0], chunks[1]

    def fingerprint(self) -> str:
        """Of how the first pairs of each corpus are cut: a tokenizer that changes is another."""
        samples = [list(islice(self._split(each), SAMPLE)) for each in self.data.corpora]
        return hashlib.sha256(repr(samples).encode("utf-8", "backslashreplace")).hexdigest()

    def _numbered(self, tally: Tally) -> Iterator[tuple[list[int], list[int]]]:
        number_source, number_target = (numbers.__getitem__ for numbers in tally.numbers)
        for corpus in self.data.corpora:
            size, skipped_here = 0, no_skipped()
            for _, source, target, skipped in self._split(corpus):
                if skipped:
                    skipped_here[skipped] += 1
                else:
                    size += 1
                    yield list(map(number_source, source)), list(map(number_target, target))
            require_pairs(size, corpus.files, skipped_here, self.data)
            tally.sizes.append(size)
            for reason, count in skipped_here.items():
                tally.skipped[reason] += count

    def _split(self, corpus: CorpusConfig) -> Iterator[SplitPair]:
        return split_pairs(corpus.files, *self.sides, data=self.data)


@dataclass(frozen=True, eq=False)
class TrainingCorpus:
    """The training pairs, as numbers of symbols.

    Attributes:
        symbols: Of sources and targets, by number.
        symbol_counts: How often each occurs.
        rows: Numbers of the sources and of the targets.
        mixture: How often the pairs of each corpus are drawn.
        skipped: Number of pairs left out, by reason.
    """

    symbols: tuple[tuple[str, ...], tuple[str, ...]]
    symbol_counts: tuple[np.ndarray, np.ndarray]
    rows: tuple[Rows, Rows]
    mixture: Mixture
    skipped: Mapping[str, int]

    @property
    def counts(self) -> Counts:
        """How many pairs there are."""
        return Counts(sum(self.mixture.sizes), dict(self.skipped), self.mixture.num_drawn)

    def frequencies(self, side: int) -> dict[str, int]:
        """Symbol -> how often it occurs, of the sources (0) or the targets (1)."""
        return dict(zip(self.symbols[side], self.symbol_counts[side].tolist(), strict=True))

    def examples(self, source: Vocabulary, target: Vocabulary) -> Examples:
        """The ids of the pairs."""
        tables = [
            np.array(vocabulary.encode(symbols), np.int32)
            for vocabulary, symbols in zip((source, target), self.symbols, strict=True)
        ]
        return Examples(self.rows[0].mapped(tables[0]), self.rows[1].mapped(tables[1]), self.mixture)


def read_numbered(reader: NumberedReader) -> TrainingCorpus:
    """The training pairs in memory: four bytes for each symbol."""
    tally = new_tally()
    chunks = list(reader.chunks(tally))
    sources, targets = (Rows.joined([chunk[side] for chunk in chunks]) for side in (0, 1))
    return training_corpus(tally, (sources, targets), reader.data)


def new_tally() -> Tally:
    """Nothing learned yet."""
    return Tally((Numbers(), Numbers()), (np.zeros(0, np.int64), np.zeros(0, np.int64)), [], no_skipped())


def training_corpus(tally: Tally, rows: tuple[Rows, Rows], data: DataConfig) -> TrainingCorpus:
    """Rows with all that a tally knows of them."""
    weights = tuple(corpus.weight for corpus in data.corpora)
    symbols = tuple(tally.numbers[0]), tuple(tally.numbers[1])
    return TrainingCorpus(symbols, tally.counts, rows, Mixture(tuple(tally.sizes), weights), tally.skipped)


def _added(counts: np.ndarray, chunk: Chunk, numbers: Numbers) -> np.ndarray:
    more = np.bincount(chunk.values, minlength=len(numbers))
    more[: len(counts)] += counts
    return more

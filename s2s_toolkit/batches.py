"""Batches of padded ids, seeded and bucketed by length; every framework gets the same."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from s2s_toolkit.symbols import BOS, EOS, PAD

Example = tuple[Sequence[int], Sequence[int]]
"""The ids of a source and of its target, without BOS and EOS."""

WINDOW = 50
"""Batches that are sorted by length together: many enough for little padding, few enough to mix the corpus."""

MAX_SYMBOLS = 16_384
"""Source symbols that are decoded together at most, padding included; it bounds the memory that a long line takes."""


@dataclass(frozen=True, eq=False)
class Batch:
    """B examples, padded with PAD on the right.

    Attributes:
        source_ids: Source symbols and EOS (B, S), int64.
        source_lengths: Symbols of each source, EOS included, so at least 1 (B,), int64.
        target_in: BOS and target symbols (B, T), int64.
        target_out: Target symbols and EOS (B, T), int64.
        target_mask: True where `target_out` is real, EOS included (B, T), bool.
    """

    source_ids: np.ndarray
    source_lengths: np.ndarray
    target_in: np.ndarray
    target_out: np.ndarray
    target_mask: np.ndarray

    @property
    def num_target_tokens(self) -> int:
        """Symbols that the loss counts, EOS included."""
        return int(self.target_mask.sum())


def source_arrays(sources: Sequence[Sequence[int]]) -> tuple[np.ndarray, np.ndarray]:
    """Ids with EOS, padded (B, S), and lengths with EOS (B,), of sources without it."""
    return padded([(*source, EOS) for source in sources])


def make_batch(examples: Sequence[Example]) -> Batch:
    """One batch of the examples in the order given."""
    source_ids, source_lengths = source_arrays([source for source, _ in examples])
    target_in, _ = padded([(BOS, *target) for _, target in examples])
    target_out, target_lengths = padded([(*target, EOS) for _, target in examples])
    target_mask = np.arange(target_out.shape[1]) < target_lengths[:, None]  # (B, T)
    return Batch(source_ids, source_lengths, target_in, target_out, target_mask)


def batches(examples: Sequence[Example], *, batch_size: int, seed: int, epoch: int, skip: int = 0) -> Iterator[Batch]:
    """Every example once, in an order that depends on the seed and the epoch alone.

    Examples are shuffled, sorted by target and source length within windows of `WINDOW` batches, and cut; then the
    batches are shuffled. At most one batch is smaller than `batch_size`. The first `skip` batches are left out.
    """
    rng = np.random.default_rng([seed, epoch])
    shuffled = rng.permutation(len(examples))
    windows = _cut(shuffled, batch_size * WINDOW)
    chunks = [chunk for window in windows for chunk in _cut(_by_length(examples, window), batch_size)]
    for number in rng.permutation(len(chunks))[skip:]:
        yield _chosen(examples, chunks[number])


def ordered_batches(examples: Sequence[Example], *, batch_size: int) -> Iterator[tuple[Batch, np.ndarray]]:
    """Every example once, short ones first; with each batch, where its rows stand in `examples` (B,)."""
    for positions in _cut(_by_length(examples, np.arange(len(examples))), batch_size):
        yield _chosen(examples, positions), positions


def length_groups(lengths: Sequence[int], *, batch_size: int, max_symbols: int = MAX_SYMBOLS) -> Iterator[list[int]]:
    """Positions of sources to decode together, short ones first.

    A group has at most `batch_size` sources and, padded, at most `max_symbols` symbols.
    A source that is longer than that alone is a group of its own, so one long line takes no others with it.
    """
    group: list[int] = []
    for position in sorted(range(len(lengths)), key=lengths.__getitem__):
        if group and (len(group) == batch_size or (len(group) + 1) * lengths[position] > max_symbols):
            yield group
            group = []
        group.append(position)
    if group:
        yield group


def _by_length(examples: Sequence[Example], positions: np.ndarray) -> np.ndarray:
    """The positions sorted by target length, then source length, then as they were."""
    chosen = [examples[position] for position in positions]
    source_lengths = np.array([len(source) for source, _ in chosen], np.int64)
    target_lengths = np.array([len(target) for _, target in chosen], np.int64)
    return positions[np.lexsort((source_lengths, target_lengths))]


def _cut(positions: np.ndarray, size: int) -> list[np.ndarray]:
    return [positions[start : start + size] for start in range(0, len(positions), size)]


def _chosen(examples: Sequence[Example], positions: np.ndarray) -> Batch:
    return make_batch([examples[position] for position in positions])


def padded(rows: Sequence[Sequence[int]]) -> tuple[np.ndarray, np.ndarray]:
    """Rows of ids as one array (B, L), and their lengths (B,)."""
    lengths = np.array([len(row) for row in rows], np.int64)
    ids = np.full((len(rows), lengths.max(initial=0)), PAD, np.int64)
    for number, row in enumerate(rows):
        ids[number, : len(row)] = row
    return ids, lengths

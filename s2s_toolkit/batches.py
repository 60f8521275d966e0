"""Batches of padded ids, seeded and bucketed by length; every framework gets the same."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from s2s_toolkit.examples import Example, Examples, Rows
from s2s_toolkit.symbols import BOS, EOS, PAD

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
    return _chosen(Examples.of(examples), np.arange(len(examples)))


def batches(examples: Examples, *, batch_size: int, seed: int, epoch: int, skip: int = 0) -> Iterator[Batch]:
    """What the examples' mixture has for an epoch, by default every example once, in the order of
    `batch_positions`.

    At most one batch is smaller than `batch_size`. The first `skip` batches are left out.
    """
    for rows in batch_positions(examples, batch_size=batch_size, seed=seed, epoch=epoch, skip=skip):
        yield _chosen(examples, rows)


def batch_positions(
    examples: Examples, *, batch_size: int, seed: int, epoch: int, skip: int = 0
) -> Iterator[np.ndarray]:
    """Where the pairs of each batch of an epoch stand in the examples (B,).

    The order depends on the seed and the epoch alone. Examples are shuffled, sorted by target and source length within
    windows of `WINDOW` batches, and cut; then the batches are shuffled.
    """
    rng = np.random.default_rng([seed, epoch])
    drawn = examples.mixture.draw(rng)
    for start in range(0, len(drawn), batch_size * WINDOW):
        window = drawn[start : start + batch_size * WINDOW]
        window[:] = _by_length(examples, window)
    for number in rng.permutation(-(-len(drawn) // batch_size))[skip:]:
        yield drawn[number * batch_size : (number + 1) * batch_size]


def ordered_batches(examples: Examples, *, batch_size: int) -> Iterator[tuple[Batch, np.ndarray]]:
    """Every example once, short ones first; with each batch, where its rows stand in `examples` (B,)."""
    ordered = _by_length(examples, np.arange(len(examples)))
    for start in range(0, len(ordered), batch_size):
        positions = ordered[start : start + batch_size]
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


def _by_length(examples: Examples, positions: np.ndarray) -> np.ndarray:
    """The positions sorted by target length, then source length, then as they were."""
    lengths = examples.sources.lengths(positions), examples.targets.lengths(positions)
    return positions[np.lexsort(lengths)]


def _chosen(examples: Examples, positions: np.ndarray) -> Batch:
    source_ids, source_mask = _with_end(examples.sources, positions)
    target_out, target_mask = _with_end(examples.targets, positions)
    target_in = np.full_like(target_out, PAD)
    target_in[:, :1] = BOS
    is_followed = target_mask[:, 1:]  # by another symbol or by EOS
    target_in[:, 1:][is_followed] = target_out[:, :-1][is_followed]
    return Batch(source_ids, source_mask.sum(axis=1), target_in, target_out, target_mask)


def _with_end(rows: Rows, positions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The rows with EOS, padded (B, L + 1), and where they are real, EOS included."""
    numbers, filled = rows.gather(positions)
    lengths = filled.sum(axis=1)
    ids = np.full((len(filled), filled.shape[1] + 1), PAD, np.int64)
    ids[:, :-1][filled] = numbers
    ids[np.arange(len(ids)), lengths] = EOS
    return ids, np.arange(ids.shape[1]) <= lengths[:, None]


def padded(rows: Sequence[Sequence[int]]) -> tuple[np.ndarray, np.ndarray]:
    """Rows of ids as one array (B, L), and their lengths (B,)."""
    lengths = np.array([len(row) for row in rows], np.int64)
    ids = np.full((len(rows), lengths.max(initial=0)), PAD, np.int64)
    for number, row in enumerate(rows):
        ids[number, : len(row)] = row
    return ids, lengths

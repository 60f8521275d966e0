"""What a training will be, seen before its first step: its data, its model, its batches, its memory, its time."""

import math
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from s2s_toolkit.batches import Batch
from s2s_toolkit.corpus import Corpus
from s2s_toolkit.examples import CHUNK, Rows
from s2s_toolkit.symbols import SPECIAL, UNK
from s2s_toolkit.training.loop import Training
from s2s_toolkit.training.memory import Memory, estimate_memory, values_of_batch
from s2s_toolkit.training.unwritten_steps import endless_steps, take_step
from s2s_toolkit.vocabulary import Vocabulary

TIMED_STEPS, ENOUGH_SECONDS = 5, 5.0
"""Steps that are timed after the first, which frameworks spend on compiling; fewer once so many seconds are spent."""

FREQUENT = 20
"""Symbols of a vocabulary that are shown."""

EMBEDDINGS = ("source_embedding", "target_embedding")


@dataclass(frozen=True)
class Lengths:
    """Symbols of the texts on one side of a corpus, without EOS."""

    median: float
    percentile_95: float
    longest: int


@dataclass(frozen=True)
class SideOutlook:
    """One side, source or target.

    Attributes:
        num_symbols: In the vocabulary, the special ones included.
        frequent: The most frequent symbols, and how often each stands in the training pairs.
        train: Lengths in the training pairs.
        dev: Lengths in the dev pairs.
        unknown: Share of the dev pairs' symbols that the vocabulary lacks.
    """

    num_symbols: int
    frequent: list[tuple[str, int]]
    train: Lengths
    dev: Lengths
    unknown: float


@dataclass(frozen=True)
class Batches:
    """The batches of an epoch.

    Attributes:
        count: How many.
        padding: Share of padding among their symbols.
        symbols: How many symbols they have, padding included.
        largest: Pairs, source symbols and target symbols of the one that takes most memory.
        first: The first pairs of the first one, source and target symbols, special ones included.
    """

    count: int
    padding: float
    symbols: int
    largest: tuple[int, int, int]
    first: list[tuple[list[str], list[str]]]


@dataclass(frozen=True)
class Outlook:
    """All of it.

    Attributes:
        pairs: Corpus -> number of pairs.
        skipped: Corpus -> reason -> pairs left out.
        sides: Source and target.
        parameters: Part of the model -> how many weights it has.
        memory: Estimated.
        batches: Of the next epoch.
        epochs: That are left at most, the one under way included.
        steps: That are left at most; the last epoch may have fewer than it could.
        seconds: That these take at most, validations not counted.
    """

    pairs: dict[str, int]
    skipped: dict[str, dict[str, int]]
    sides: dict[str, SideOutlook]
    parameters: dict[str, int]
    memory: Memory
    batches: Batches
    epochs: int
    steps: int
    seconds: float


def look_ahead(training: Training, *, rows: int = 3, tell: Callable[[str], None] = lambda line: None) -> Outlook:
    """Measure a prepared training.

    It takes some steps, so the training's weights are not its first ones any more.

    Args:
        training: Prepared, and not run.
        rows: Pairs of the first batch that are shown.
        tell: Takes a line about what is being done.
    """
    train, dev = training.data
    counts = {"train": train, "dev": dev.counts}
    rows_of_side = training.examples.sources, training.examples.targets
    vocabularies = {"source": training.run.source.vocabulary, "target": training.run.target.vocabulary}
    shapes = {name: array.shape for name, array in training.model.weights().items()}
    tell("making the batches of an epoch")
    epoch = _batches(training, shapes, rows)
    steps, per_epoch = _steps_left(training), training.order.steps_per_epoch
    tell(f"timing up to {TIMED_STEPS + 1} steps")
    return Outlook(
        pairs={name: each.pairs for name, each in counts.items()},
        skipped={name: each.skipped for name, each in counts.items()},
        sides={
            side: _side(number, vocabulary, rows_of_side[number], dev)
            for number, (side, vocabulary) in enumerate(vocabularies.items())
        },
        parameters=count_parameters(shapes),
        memory=estimate_memory(shapes, epoch.largest, averaged=training.options.moving_average > 0),
        batches=epoch,
        epochs=math.ceil((training.progress.done + steps) / per_epoch),
        steps=steps,
        seconds=_seconds_per_symbol(training) * epoch.symbols * steps / per_epoch,
    )


def _steps_left(training: Training) -> int:
    """Until the limit that is nearer, of epochs or of steps."""
    options, progress = training.options, training.progress
    left = training.order.steps_per_epoch * (options.max_epochs - progress.epoch) - progress.done
    return max(0, min(left, options.max_steps - progress.step)) if options.max_steps else left


def count_parameters(shapes: Mapping[str, Sequence[int]]) -> dict[str, int]:
    """Part of the model -> how many weights it has, both embeddings as one."""
    counts: Counter[str] = Counter()
    for name, shape in shapes.items():
        part = name.partition(".")[0]
        counts["embeddings" if part in EMBEDDINGS else part] += int(np.prod(shape))
    return dict(counts)


def _side(number: int, vocabulary: Vocabulary, train: Rows, dev: Corpus) -> SideOutlook:
    counts = enumerate(_occurrences(train, len(vocabulary)).tolist())
    known = [(vocabulary.symbols[id_], count) for id_, count in counts if count and id_ >= len(SPECIAL)]
    ids = [id_ for pair in dev.pairs for id_ in vocabulary.encode(pair[number])]
    return SideOutlook(
        num_symbols=len(vocabulary),
        frequent=sorted(known, key=lambda item: -item[1])[:FREQUENT],
        train=_lengths(train.lengths(np.arange(len(train)))),
        dev=_lengths([len(pair[number]) for pair in dev.pairs]),
        unknown=ids.count(UNK) / len(ids),
    )


def _occurrences(rows: Rows, num_symbols: int) -> np.ndarray:
    """How often each id stands in the rows (V,), read by chunks."""
    counts = np.zeros(num_symbols, np.int64)
    for start in range(0, len(rows), CHUNK):
        ids, _ = rows.gather(np.arange(start, min(start + CHUNK, len(rows))))
        counts += np.bincount(ids, minlength=num_symbols)
    return counts


def _lengths(lengths: Sequence[int] | np.ndarray) -> Lengths:
    median, high = np.percentile(lengths, (50, 95))
    return Lengths(float(median), float(high), int(max(lengths)))


def _batches(training: Training, shapes: Mapping[str, tuple[int, ...]], rows: int) -> Batches:
    count, real, symbols, largest, first = 0, 0, 0, (0, 0, 0), None
    for batch in chain.from_iterable(training.order.steps(training.progress.epoch)):
        count += 1
        first = first or batch
        real += int(batch.source_lengths.sum()) + batch.num_target_tokens
        symbols += _num_symbols(batch)
        largest = max(largest, _size(batch), key=lambda size: values_of_batch(shapes, size))
    shown = [] if first is None else _decoded(first, training, rows)
    return Batches(count, 1 - real / symbols, symbols, largest, shown)


def _size(batch: Batch) -> tuple[int, int, int]:
    return (*batch.source_ids.shape, batch.target_out.shape[1])


def _num_symbols(batch: Batch) -> int:
    return batch.source_ids.size + batch.target_out.size


def _decoded(batch: Batch, training: Training, rows: int) -> list[tuple[list[str], list[str]]]:
    """The symbols of some rows, special ones included: a target as it is read and written, one place apart."""
    source, target = training.run.source.vocabulary.symbols, training.run.target.vocabulary.symbols
    targets = np.concatenate([batch.target_in[:, :1], batch.target_out], axis=1)  # (B, 1 + T)
    pairs = zip(batch.source_ids[:rows], targets[:rows], strict=True)
    return [([source[id_] for id_ in a], [target[id_] for id_ in b]) for a, b in pairs]


def _seconds_per_symbol(training: Training) -> float:
    """Of real steps in memory."""
    steps, learning_rate = endless_steps(training), training.options.learning_rate
    take_step(training, next(steps), number=0, learning_rate=learning_rate)
    start, symbols = time.perf_counter(), 0
    for number in range(1, TIMED_STEPS + 1):
        batches = next(steps)
        take_step(training, batches, number=number, learning_rate=learning_rate)
        symbols += sum(map(_num_symbols, batches))
        if time.perf_counter() - start > ENOUGH_SECONDS:
            break
    return (time.perf_counter() - start) / symbols

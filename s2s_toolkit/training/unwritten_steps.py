"""Steps of a prepared training of which nothing is written: to time it, and to find its learning rate."""

import itertools
import zlib
from collections.abc import Iterator

from s2s_toolkit.batches import Batch, batches
from s2s_toolkit.training.loop import Training


def endless_batches(training: Training) -> Iterator[Batch]:
    """The batches of a training, epoch after epoch, in its own order."""
    for epoch in itertools.count():
        yield from batches(
            training.examples, batch_size=training.options.batch_size, seed=training.run.config.seed, epoch=epoch
        )


def take_step(training: Training, batch: Batch, *, number: int, learning_rate: float) -> float:
    """Train on a batch in memory; the loss before it, in nats per target token."""
    seed = zlib.crc32(f"{training.run.config.seed} {number}".encode()) >> 1
    return training.optimizer.step(batch, learning_rate=learning_rate, seed=seed) / batch.num_target_tokens

"""Steps of a prepared training of which nothing is written: to time it, and to find its learning rate."""

import itertools
from collections.abc import Iterator, Sequence

from s2s_toolkit.batches import Batch
from s2s_toolkit.training.loop import Training
from s2s_toolkit.training.steps import num_tokens


def endless_steps(training: Training) -> Iterator[list[Batch]]:
    """The batches of each step of a training, epoch after epoch, in its own order."""
    for epoch in itertools.count():
        yield from training.order.steps(epoch)


def take_step(training: Training, batches: Sequence[Batch], *, number: int, learning_rate: float) -> float:
    """Train on a step's batches in memory; the loss before it, in nats per target token."""
    epochs = number / training.order.steps_per_epoch
    return training.steps.train(batches, learning_rate, step=number, epochs=epochs) / num_tokens(batches)

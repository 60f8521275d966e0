"""Adam on several devices: TensorFlow's `MirroredStrategy` keeps a copy of every variable on each.

The copies begin alike and take the same steps, for the gradients of all devices are added up before each.
"""

import math
from collections.abc import Sequence
from typing import Any

import tensorflow as tf
from tensorflow import Tensor

from s2s_tensorflow.loss import BATCH, to_tensors
from s2s_tensorflow.model import Model
from s2s_tensorflow.optimizer import RATE, TOKENS, Adam
from s2s_toolkit.batches import Batch
from s2s_toolkit.contracts import OptimizerOptions
from s2s_toolkit.shares import share_seeds, shares

SEEDS = tf.TensorSpec((None,), tf.int64)
Shares = tuple[tuple[Tensor, ...], ...]
"""The share of each device, as `to_tensors` gives it."""


def mirrored(devices: Sequence[str]) -> tf.distribute.MirroredStrategy:
    """Copies on all devices; NCCL adds up between GPUs."""
    on_processor = all(device.startswith("CPU") for device in devices)
    return tf.distribute.MirroredStrategy(
        devices, cross_device_ops=tf.distribute.ReductionToOneDevice() if on_processor else None
    )


class SharedAdam(Adam):
    """`Adam` for a model that is trained on several devices.

    Args:
        model: Made in the strategy's scope.
        options: What is minimised, and how.
        strategy: Where its copies are.
    """

    def __init__(self, model: Model, options: OptimizerOptions, strategy: tf.distribute.MirroredStrategy) -> None:
        with strategy.scope():
            super().__init__(model, options)
        self.steps = tf.Variable(0, dtype=tf.int64)  # of all copies
        self.strategy, self.devices = strategy, strategy.num_replicas_in_sync
        batches = (BATCH,) * self.devices
        self._step_all = tf.function(self._take_step, input_signature=[batches, TOKENS, SEEDS, RATE], autograph=False)
        self._differentiate_all = tf.function(self._add_up, input_signature=[batches, TOKENS, SEEDS], autograph=False)
        self._apply_all = tf.function(self._update_all, autograph=False)

    def _step(self, batches: Shares, tokens: Tensor, seeds: Tensor, learning_rate: Tensor) -> Tensor:
        return self._step_all(batches, tokens, seeds, learning_rate)

    def _differentiate(self, batches: Shares, tokens: Tensor, seeds: Tensor) -> tuple[list[Tensor], Tensor]:
        return self._differentiate_all(batches, tokens, seeds)

    def _apply(self, gradients: list[Tensor], learning_rate: Tensor) -> Tensor:
        return self._apply_all(gradients, learning_rate)

    def _take_step(self, batches: Shares, tokens: Tensor, seeds: Tensor, learning_rate: Tensor) -> Tensor:
        losses, finite = self.strategy.run(self._step_share, (batches, tokens, seeds, learning_rate, self.steps + 1))
        loss = self.strategy.reduce(tf.distribute.ReduceOp.SUM, losses, axis=None)
        return tf.where(self._counted(self._first(finite)), loss, math.nan)

    def _add_up(self, batches: Shares, tokens: Tensor, seeds: Tensor) -> tuple[list[Tensor], Tensor]:
        gradients, losses = self.strategy.run(self._gradients_of_all, (batches, tokens, seeds))
        loss = self.strategy.reduce(tf.distribute.ReduceOp.SUM, losses, axis=None)
        return [self._first(gradient) for gradient in gradients], loss

    def _update_all(self, gradients: list[Tensor], learning_rate: Tensor) -> Tensor:
        finite = self.strategy.run(self._update, (gradients, learning_rate, self.steps + 1))
        return self._counted(self._first(finite))

    def _first(self, values: Any) -> Tensor:
        """What the first device has, of what all have alike."""
        return self.strategy.experimental_local_results(values)[0]

    def _step_share(
        self, batches: Shares, tokens: Tensor, seeds: Tensor, learning_rate: Tensor, number: Tensor
    ) -> tuple[Tensor, Tensor]:
        gradients, loss = self._gradients_of_all(batches, tokens, seeds)
        return loss, self._update(gradients, learning_rate, number)

    def _gradients_of_all(self, batches: Shares, tokens: Tensor, seeds: Tensor) -> tuple[list[Tensor], Tensor]:
        """On a device: the gradients of all shares, and the loss of its own."""
        context: Any = tf.distribute.get_replica_context()
        device = int(tf.get_static_value(context.replica_id_in_sync_group))
        gradients, loss = self._gradients(batches[device], tokens, seeds[device])
        return context.all_reduce(tf.distribute.ReduceOp.SUM, gradients), loss

    def _placed(self, batch: Batch) -> Shares:
        return tuple(to_tensors(share) for share in shares(batch, self.devices))

    def _seed(self, seed: int) -> Tensor:
        return tf.constant([share_seeds([seed], device)[0] for device in range(self.devices)], tf.int64)

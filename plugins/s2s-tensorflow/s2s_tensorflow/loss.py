"""The training loss."""

import tensorflow as tf
from tensorflow import Tensor

from s2s_tensorflow.cross_entropy import cross_entropies
from s2s_tensorflow.model import Model
from s2s_toolkit.batches import Batch

IDS, LENGTHS = tf.TensorSpec((None, None), tf.int64), tf.TensorSpec((None,), tf.int64)
BATCH = (IDS, LENGTHS, IDS, IDS, tf.TensorSpec((None, None), tf.bool))
"""What `to_tensors` gives, whatever the sizes: a `tf.function` that says so is traced once."""


def batch_loss(model: Model, batch: tuple[Tensor, ...], *, differentiates: bool = True) -> Tensor:
    """Cross-entropy in nats, summed over real target tokens; padding gets no logits at all."""
    return _losses(model, batch, 0.0, training=False, differentiates=differentiates)[0]


def training_losses(model: Model, batch: tuple[Tensor, ...], label_smoothing: float) -> tuple[Tensor, Tensor]:
    """What is minimised, and the cross-entropy of `batch_loss`, both with dropout; they are one without smoothing."""
    return _losses(model, batch, label_smoothing, training=True, differentiates=True)


def to_tensors(batch: Batch) -> tuple[Tensor, ...]:
    """The five arrays of a batch as tensors, in their order."""
    arrays = (batch.source_ids, batch.source_lengths, batch.target_in, batch.target_out, batch.target_mask)
    return tuple(tf.convert_to_tensor(array) for array in arrays)


def _losses(
    model: Model, batch: tuple[Tensor, ...], label_smoothing: float, *, training: bool, differentiates: bool
) -> tuple[Tensor, Tensor]:
    source_ids, source_lengths, target_in, target_out, mask = batch
    readouts, _ = model(source_ids, source_lengths, target_in, training=training)
    real, targets = tf.boolean_mask(readouts, mask), tf.boolean_mask(target_out, mask)
    kernel, bias = model.output.kernel, model.output.bias
    return cross_entropies(real, kernel, bias, targets, label_smoothing, differentiates=differentiates)

"""The training loss."""

import tensorflow as tf
from tensorflow import Tensor

from s2s_tensorflow.model import Model
from s2s_toolkit.batches import Batch

IDS, LENGTHS = tf.TensorSpec((None, None), tf.int64), tf.TensorSpec((None,), tf.int64)
BATCH = (IDS, LENGTHS, IDS, IDS, tf.TensorSpec((None, None), tf.bool))
"""What `to_tensors` gives, whatever the sizes: a `tf.function` that says so is traced once."""


def batch_loss(model: Model, batch: tuple[Tensor, ...]) -> Tensor:
    """Cross-entropy in nats, summed over real target tokens; padding gets no logits at all."""
    logits, targets = _real_logits(model, batch, training=False)
    return tf.reduce_sum(tf.nn.sparse_softmax_cross_entropy_with_logits(targets, logits))


def training_losses(model: Model, batch: tuple[Tensor, ...], label_smoothing: float) -> tuple[Tensor, Tensor]:
    """What is minimised, and the cross-entropy of `batch_loss`, both with dropout; they are one without smoothing.

    Szegedy et al. (2016), section 7: a share of the target's probability goes to all symbols alike.
    """
    logits, targets = _real_logits(model, batch, training=True)
    loss = tf.reduce_sum(tf.nn.sparse_softmax_cross_entropy_with_logits(targets, logits))
    if not label_smoothing:
        return loss, loss
    size, share = logits.shape[-1], label_smoothing / logits.shape[-1]
    labels = tf.one_hot(targets, size, on_value=1 - label_smoothing + share, off_value=share)
    return tf.reduce_sum(tf.nn.softmax_cross_entropy_with_logits(labels, logits)), loss


def to_tensors(batch: Batch) -> tuple[Tensor, ...]:
    """The five arrays of a batch as tensors, in their order."""
    arrays = (batch.source_ids, batch.source_lengths, batch.target_in, batch.target_out, batch.target_mask)
    return tuple(tf.convert_to_tensor(array) for array in arrays)


def _real_logits(model: Model, batch: tuple[Tensor, ...], *, training: bool) -> tuple[Tensor, Tensor]:
    """Logits (N, V) and targets (N,) of all real target tokens."""
    source_ids, source_lengths, target_in, target_out, mask = batch
    readouts, _ = model(source_ids, source_lengths, target_in, training=training)
    return model.output(tf.boolean_mask(readouts, mask)), tf.boolean_mask(target_out, mask)

"""The training loss."""

import tensorflow as tf
from tensorflow import Tensor

from s2s_tensorflow.model import Model
from s2s_toolkit.batches import Batch

IDS, LENGTHS = tf.TensorSpec((None, None), tf.int64), tf.TensorSpec((None,), tf.int64)
BATCH = (IDS, LENGTHS, IDS, IDS, tf.TensorSpec((None, None), tf.bool))
"""What `to_tensors` gives, whatever the sizes: a `tf.function` that says so is traced once."""


def batch_loss(model: Model, batch: tuple[Tensor, ...], *, training: bool = False) -> Tensor:
    """Cross-entropy in nats, summed over real target tokens; padding gets no logits at all."""
    source_ids, source_lengths, target_in, target_out, mask = batch
    readouts, _ = model(source_ids, source_lengths, target_in, training=training)
    logits, targets = model.output(tf.boolean_mask(readouts, mask)), tf.boolean_mask(target_out, mask)
    return tf.reduce_sum(tf.nn.sparse_softmax_cross_entropy_with_logits(targets, logits))


def to_tensors(batch: Batch) -> tuple[Tensor, ...]:
    """The five arrays of a batch as tensors, in their order."""
    arrays = (batch.source_ids, batch.source_lengths, batch.target_in, batch.target_out, batch.target_mask)
    return tuple(tf.convert_to_tensor(array) for array in arrays)

"""Cross-entropy of what readouts are projected to, without the logits of a whole batch.

Those and their gradient would be the largest arrays of a step: 60 MB for a thousand target tokens and 8,000 symbols. So
they are made for some rows at a time, piece after piece, and the gradient is taken while the probabilities are at hand.
"""

from collections.abc import Callable

import tensorflow as tf
from tensorflow import Tensor

SYMBOLS, PIECES = 2048, 8
"""A piece for so many symbols, but no more pieces than that."""


def cross_entropies(
    readouts: Tensor,
    kernel: Tensor,
    bias: Tensor,
    targets: Tensor,
    label_smoothing: float = 0.0,
    *,
    differentiates: bool = True,
) -> tuple[Tensor, Tensor]:
    """Readouts (N, R), projection (R, V) and (V,), targets (N,) -> what is minimised and the cross-entropy, in nats.

    Both are sums in 32 bits, and one without smoothing. The first can be differentiated, once, unless that is
    said not to be wanted.

    Szegedy et al. (2016), section 7: a share of the target's probability goes to all symbols alike.
    """

    @tf.custom_gradient
    def summed(readouts: Tensor, kernel: Tensor, bias: Tensor) -> tuple[tuple[Tensor, Tensor], Callable[..., object]]:
        """Takes the gradient on the way there, but for the factor that the way back brings."""
        count, pieces = tf.shape(readouts)[0], min(PIECES, -(-kernel.shape[-1] // SYMBOLS))
        rows = -(-count // pieces)
        minimised, loss, of_readouts, of_kernel, of_bias = 0.0, 0.0, list[Tensor](), 0.0, 0.0
        done: list[Tensor] = []
        for start in range(pieces):
            own = slice(start * rows, (start + 1) * rows)
            with tf.control_dependencies(done):  # else all logits would be there at once
                inputs = tf.identity(readouts[own])
            each, plain, gradient = _of_logits(tf.matmul(inputs, kernel) + bias, targets[own], label_smoothing)
            minimised, loss = minimised + tf.reduce_sum(each), loss + tf.reduce_sum(plain)
            done = [loss]
            if not differentiates:
                continue
            of_kernel += tf.matmul(inputs, gradient, transpose_a=True)
            of_bias += tf.reduce_sum(gradient, axis=0)
            with tf.control_dependencies([of_kernel, of_bias]):
                of_readouts.append(tf.matmul(gradient, kernel, transpose_b=True))
            done = of_readouts[-1:]

        def back(factor: Tensor, _: Tensor) -> tuple[Tensor, ...]:
            return tf.concat(of_readouts, axis=0) * factor, of_kernel * factor, of_bias * factor

        return (minimised, loss), back

    return summed(readouts, tf.convert_to_tensor(kernel), tf.convert_to_tensor(bias))


def _of_logits(logits: Tensor, targets: Tensor, label_smoothing: float) -> tuple[Tensor, Tensor, Tensor]:
    """Logits (N, V) -> what is minimised (N,), the cross-entropy (N,), and the gradient of the first (N, V)."""
    loss, gradient = tf.raw_ops.SparseSoftmaxCrossEntropyWithLogits(features=logits, labels=targets)
    if not label_smoothing:
        return loss, loss, gradient
    size, share = logits.shape[-1], label_smoothing / logits.shape[-1]
    labels = tf.one_hot(targets, size, on_value=1 - label_smoothing + share, off_value=share)
    smoothed, gradient = tf.raw_ops.SoftmaxCrossEntropyWithLogits(features=logits, labels=labels)
    return smoothed, loss, gradient

"""Mixed precision of a training step, by TensorFlow's own rewriting of graphs: it decides operation by operation.

Keras' policies are fixed when a layer is made, and the same layers validate and decode in 32 bits.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import tensorflow as tf
from tensorflow import Tensor

from s2s_toolkit.errors import UnsupportedError

REWRITINGS = {"bf16": "auto_mixed_precision_onednn_bfloat16", "fp16": "auto_mixed_precision"}
"""The one for processors alone; the other for GPUs, and for processors that multiply in fp16."""

LOST = 1 + 2**-12
"""A number that neither bf16 nor fp16 can hold; they have 8 and 11 digits of it."""


def check_precision(precision: str) -> None:
    """UnsupportedError where a device can't calculate so: TensorFlow would go on in 32 bits and say nothing."""
    if precision == "fp32":
        return

    @tf.function(input_signature=[tf.TensorSpec((1, 1))] * 2, autograph=False)
    def product(left: Tensor, right: Tensor) -> Tensor:
        return left @ right

    with lower_products(precision):
        if product(tf.constant([[LOST]]), tf.ones((1, 1))).numpy().item() != LOST:
            return
    device = "GPU" if tf.config.list_logical_devices("GPU") else "processor"
    raise UnsupportedError(
        f"TensorFlow has no {precision} on this {device}; train in torch or set training.precision to fp32"
    )


@contextmanager
def lower_products(precision: str) -> Iterator[None]:
    """Where products of graphs that are called are in a precision; one graph has a form for each."""
    if precision == "fp32":
        yield
        return
    tf.config.optimizer.set_experimental_options({REWRITINGS[precision]: True})
    try:
        yield
    finally:
        tf.config.optimizer.set_experimental_options({REWRITINGS[precision]: False})

"""Mixed precision of a training step, by TensorFlow's own rewriting of graphs: it decides operation by operation.

Keras' policies are fixed when a layer is made, and the same layers validate and decode in 32 bits.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import tensorflow as tf

from s2s_toolkit.errors import UnsupportedError

REWRITING = "auto_mixed_precision_onednn_bfloat16"


def check_precision(precision: str) -> None:
    """UnsupportedError where a device can't calculate so; on GPUs TensorFlow rewrites graphs for fp16 alone."""
    if precision != "fp32" and tf.config.list_logical_devices("GPU"):
        raise UnsupportedError(
            f"TensorFlow has {precision} on processors only; train in torch or set training.precision to fp32"
        )


@contextmanager
def lower_products(precision: str) -> Iterator[None]:
    """Where products of graphs that are called are in a precision; one graph has a form for each."""
    if precision == "fp32":
        yield
        return
    tf.config.optimizer.set_experimental_options({REWRITING: True})
    try:
        yield
    finally:
        tf.config.optimizer.set_experimental_options({REWRITING: False})

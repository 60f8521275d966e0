"""The errors by which TensorFlow says that memory is short."""

import tensorflow as tf


def is_shortage(error: BaseException) -> bool:
    """Whether an error is one of those; all devices have one class."""
    return isinstance(error, tf.errors.ResourceExhaustedError)

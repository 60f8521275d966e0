"""The errors by which TensorFlow says that memory is short."""

import tensorflow as tf


def is_shortage(error: BaseException) -> bool:
    """Whether an error is one of those: all devices have one class, and there are shapes that no memory can have."""
    if isinstance(error, tf.errors.InvalidArgumentError):
        return "more than 2**63 - 1 elements" in str(error)
    return isinstance(error, tf.errors.ResourceExhaustedError)

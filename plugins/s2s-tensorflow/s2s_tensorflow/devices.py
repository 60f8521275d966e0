"""The devices of this machine."""

import tensorflow as tf

from s2s_toolkit.errors import UnsupportedError


def found_devices(count: int) -> list[str]:
    """So many devices: the machine's GPUs where it has any, otherwise parts of its processor.

    UnsupportedError where there are fewer.
    """
    gpus = len(tf.config.list_physical_devices("GPU"))
    if 0 < gpus < count:
        raise UnsupportedError(f"{count} devices were asked for; TensorFlow finds {gpus} GPU{'s' * (gpus > 1)} here")
    if not gpus:
        _divide_processor(count)
    return [f"{'GPU' if gpus else 'CPU'}:{number}" for number in range(count)]


def _divide_processor(count: int) -> None:
    """TensorFlow can do so until it computes something."""
    processor = tf.config.list_physical_devices("CPU")[0]
    try:
        tf.config.set_logical_device_configuration(processor, [tf.config.LogicalDeviceConfiguration()] * count)
    except RuntimeError as error:
        if (found := len(tf.config.list_logical_devices("CPU"))) < count:
            raise UnsupportedError(
                f"TensorFlow has begun to compute in this process, on {found} CPU device{'s' * (found > 1)}, which "
                f"can't become {count} any more; ask for them in a process of its own"
            ) from error

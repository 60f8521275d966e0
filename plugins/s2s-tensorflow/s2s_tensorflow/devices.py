"""The devices of this machine. TensorFlow settles which it uses, and how, when it first computes something."""

import tensorflow as tf

from s2s_toolkit.devices import CPU, chosen_devices
from s2s_toolkit.errors import UnsupportedError


def found_devices(asked: str, count: int) -> list[str]:
    """TensorFlow's names of the devices that are asked for, the only ones that it uses from now on.

    UnsupportedError where they are not there, or TensorFlow has begun with others.
    """
    gpus = tf.config.list_physical_devices("GPU")
    chosen = chosen_devices(asked, count, {"cuda": len(gpus)})
    if chosen[0] == CPU:
        _use_gpus([], gpus)
        _divide_processor(count)
        return [f"CPU:{number}" for number in range(count)]
    used = [gpus[int(name.partition(":")[2])] for name in chosen]
    _use_gpus(used, gpus)
    return [f"GPU:{number}" for number in range(count)]  # numbered among those in use


def _use_gpus(used: list[tf.config.PhysicalDevice], there: list[tf.config.PhysicalDevice]) -> None:
    if not there:
        return
    try:
        tf.config.set_visible_devices(used, "GPU")
    except RuntimeError as error:
        raise UnsupportedError(
            "TensorFlow has begun to compute in this process, on other devices; ask for these in a process of its own"
        ) from error


def _divide_processor(count: int) -> None:
    if count == 1:
        return
    processor = tf.config.list_physical_devices("CPU")[0]
    try:
        tf.config.set_logical_device_configuration(processor, [tf.config.LogicalDeviceConfiguration()] * count)
    except RuntimeError as error:
        if (found := len(tf.config.list_logical_devices("CPU"))) < count:
            raise UnsupportedError(
                f"TensorFlow has begun to compute in this process, on {found} CPU device{'s' * (found > 1)}, which "
                f"can't become {count} any more; ask for them in a process of its own"
            ) from error

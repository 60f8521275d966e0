"""Where each weight of `docs/weights.md` lies in a Keras layer.

Keras keeps matrices as we do, and the cells are our own, so only names are translated.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf
from tensorflow import Tensor

from s2s_tensorflow.portable import PortablePart
from s2s_toolkit.errors import UnsupportedError

NORM = {"gamma": "scale", "beta": "bias"}


@dataclass(frozen=True)
class Place:
    """A variable, whose array is ours as it stands."""

    variable: tf.Variable

    def to_numpy(self, tensor: Tensor) -> np.ndarray:
        """A tensor of the variable's shape (itself, its gradient, its moments) in our layout."""
        return tf.convert_to_tensor(tensor).numpy()  # the gradient of an embedding comes as slices

    def to_tensor(self, values: np.ndarray) -> Tensor:
        """Our layout -> a tensor of the variable's shape."""
        return tf.convert_to_tensor(values, self.variable.dtype)


def places(layer: keras.layers.Layer) -> dict[str, Place]:
    """Weight name -> where it lies, for each trained weight of a layer."""
    found = {
        path.replace("attention.scorer", "attention"): member
        for path, member in members(layer)
        if isinstance(member, keras.Variable) and member.trainable
    }
    nameless = {variable.path for variable in layer.trainable_variables} - {
        variable.path for variable in found.values()
    }
    if nameless:
        raise UnsupportedError(
            f"weights that are no attribute of their layer have no name: {', '.join(sorted(nameless))}"
        )
    return {name: Place(variable.value) for name, variable in found.items()}


def members(value: object, path: str = "", seen: set[int] | None = None) -> Iterator[tuple[str, object]]:
    """The value and all that it holds, each once, with its path of attributes, list positions and dict keys.

    What `nn.Module.named_modules` and `named_parameters` are to PyTorch.
    """
    seen = set() if seen is None else seen
    if id(value) in seen:
        return
    seen.add(id(value))
    yield path, value
    for name, child in _children(value):
        yield from members(child, ".".join(filter(None, [path, name])), seen)


def _children(value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, PortablePart):
        value = value.arrays
    if isinstance(value, keras.Sequential):
        value = value.layers
    if isinstance(value, keras.layers.Layer):
        for name, child in _attributes(value).items():
            yield _weight_name(value, name) if isinstance(child, keras.Variable) else name, child
    elif isinstance(value, dict):
        yield from ((str(key), child) for key, child in value.items())
    elif isinstance(value, list | tuple):
        yield from ((str(position), child) for position, child in enumerate(value))


def _attributes(layer: keras.layers.Layer) -> dict[str, object]:
    """The attributes that a layer has beyond those of every Keras layer; TensorFlow's own begin with `_self_`."""
    internal = vars(keras.layers.Layer())
    return {name: x for name, x in vars(layer).items() if name not in internal and not name.startswith("_self_")}


def _weight_name(layer: keras.layers.Layer, attribute: str) -> str:
    """An embedding is known by its path alone; Keras' own layers keep their arrays behind an underscore."""
    if isinstance(layer, keras.layers.LayerNormalization):
        return NORM[attribute]
    return "" if isinstance(layer, keras.layers.Embedding) else attribute.removeprefix("_")

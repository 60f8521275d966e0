"""Where each weight of `docs/weights.md` lies in a Keras layer: Keras keeps matrices as we do, so only names differ."""

from collections.abc import Iterator
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf
from tensorflow import Tensor


@dataclass(frozen=True)
class Place:
    """A variable, whose array is ours as it stands."""

    variable: tf.Variable

    def to_numpy(self, tensor: Tensor) -> np.ndarray:
        """A tensor of the variable's shape (itself, its gradient, its moments) in our layout."""
        return tf.convert_to_tensor(tensor).numpy()  # an embedding's gradient comes as slices

    def to_tensor(self, values: np.ndarray) -> Tensor:
        """Our layout -> a tensor of the variable's shape."""
        return tf.convert_to_tensor(values, self.variable.dtype)


def places(layer: keras.layers.Layer) -> dict[str, Place]:
    """Weight name -> where it lies, for each trained weight of a layer."""
    found: dict[str, Place] = {}
    for path, child in named_layers(layer):
        for name, variable in _own_variables(child):
            full = ".".join(filter(None, [path, name])).replace("attention.scorer", "attention")
            found[full] = Place(variable.value)
    return found


def named_layers(layer: object, path: str = "", seen: set[int] | None = None) -> Iterator[tuple[str, keras.layers.Layer]]:
    """Each layer once, with its path of attributes, list positions and dict keys, like `nn.Module.named_modules`."""
    seen = set() if seen is None else seen
    if id(layer) in seen:
        return
    seen.add(id(layer))
    if isinstance(layer, keras.layers.Layer):
        yield path, layer
    for name, child in _children(layer):
        yield from named_layers(child, ".".join(filter(None, [path, name])), seen)


def _children(value: object) -> Iterator[tuple[str, object]]:
    """What may hold layers: the attributes of a layer that are not Keras' own, the members of a list, tuple or dict."""
    if isinstance(value, keras.Model):
        value = value.layers
    if isinstance(value, keras.layers.Layer):
        yield from attributes(value).items()
    elif isinstance(value, dict):
        yield from ((str(key), member) for key, member in value.items())
    elif isinstance(value, list | tuple):
        yield from ((str(position), member) for position, member in enumerate(value))


def attributes(layer: keras.layers.Layer) -> dict[str, object]:
    """The attributes that a layer's class has added to those of every Keras layer; TensorFlow's own begin with `_self_`."""
    internal = vars(keras.layers.Layer())
    return {name: x for name, x in vars(layer).items() if name not in internal and not name.startswith("_self_")}


def _own_variables(layer: keras.layers.Layer) -> Iterator[tuple[str, keras.Variable]]:
    """Keras' Dense and Embedding keep `kernel` and `embeddings` behind an underscore."""
    for name, value in attributes(layer).items():
        if isinstance(value, keras.Variable) and value.trainable:
            yield "" if isinstance(layer, keras.layers.Embedding) else name.removeprefix("_"), value

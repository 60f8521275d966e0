"""Native parts as ONNX graphs, by tf2onnx."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from tensorflow import Tensor

from s2s_tensorflow.layout import places
from s2s_toolkit.contracts import TensorFunction
from s2s_toolkit.errors import UnsupportedError

OPERATOR_SET = 18
"""The newest that tf2onnx knows."""


class PartExporter:
    """A native part as `s2s_toolkit.contracts.PartExporter`."""

    def __init__(self, part: Any) -> None:
        if not isinstance(part, keras.layers.Layer):
            raise UnsupportedError(f"{type(part).__name__} is no Keras layer")
        self.part: Any = part

    def weights(self) -> dict[str, np.ndarray]:
        return {name: place.to_numpy(place.variable) for name, place in places(self.part).items()}

    def load_weights(self, weights: Mapping[str, np.ndarray]) -> None:
        for name, place in places(self.part).items():
            place.variable.assign(place.to_tensor(weights[name]))

    def run(self, function: TensorFunction, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        found = function(**{name: tf.convert_to_tensor(array) for name, array in inputs.items()})
        return {name: value.numpy() for name, value in found.items()}

    def export(
        self, function: TensorFunction, inputs: Mapping[str, np.ndarray], open_axes: Mapping[str, Sequence[int]]
    ) -> bytes:
        try:
            from tf2onnx.convert import from_function  # type: ignore[import-untyped]
        except ImportError as error:
            raise UnsupportedError('tf2onnx is missing; pip install "s2s-tensorflow[onnx]"') from error
        specification = [_specification(name, array, open_axes[name]) for name, array in inputs.items()]

        @tf.function(input_signature=specification, autograph=False)
        def traced(*tensors: Tensor) -> Mapping[str, Tensor]:
            return function(**dict(zip(inputs, tensors, strict=True)))

        model, _ = from_function(traced, input_signature=specification, opset=OPERATOR_SET)
        return model.SerializeToString()


def _specification(name: str, array: np.ndarray, open_axes: Sequence[int]) -> tf.TensorSpec:
    shape = [None if axis in open_axes else size for axis, size in enumerate(array.shape)]
    return tf.TensorSpec(shape, array.dtype, name)

"""Portable parts as layers: the core's lines on TensorFlow tensors, their weights as variables."""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf
from tensorflow import Tensor

from s2s_tensorflow.namespace import TensorFlowNamespace

Attend = Callable[[Tensor], tuple[Tensor, Tensor]]


class PortablePart(keras.layers.Layer):
    """Holds the declared weights of a portable part by their own names, which may have dots."""

    def __init__(self, part: Any) -> None:
        super().__init__()
        self.part = part
        self.arrays = {
            name: self.add_weight(shape=weight.shape, initializer="zeros") for name, weight in part.weights().items()
        }

    @property
    def tensors(self) -> dict[str, Tensor]:
        """The part's weights as they are now; `weights` is Keras' word for a list of variables."""
        return {name: tf.convert_to_tensor(variable) for name, variable in self.arrays.items()}


class PortableScorer(PortablePart):
    """A portable attention scorer."""

    def keys(self, memory: Tensor) -> Tensor:
        """Memory (B, S, M) -> keys (B, S, A)."""
        return self.part.keys(TensorFlowNamespace(), self.tensors, memory)

    def score(self, query: Tensor, keys: Tensor) -> Tensor:
        """Query (B, T, Q), keys (B, S, A) -> scores (B, T, S)."""
        return self.part.score(TensorFlowNamespace(), self.tensors, query, keys)


class PortableEncoder(PortablePart):
    """A portable encoder."""

    def encode(self, inputs: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Embedded source (B, S, E), lengths (B,) -> memory (B, S, M), summary (B, M)."""
        return self.part.encode(TensorFlowNamespace(), self.tensors, inputs, lengths)


class PortableDecoder(PortablePart):
    """A portable decoder; it unrolls by repeating its step."""

    def start(self, summary: Tensor) -> dict[str, Tensor]:
        """Summary (B, M) -> the first state."""
        return self.part.start(TensorFlowNamespace(), self.tensors, summary)

    def step(
        self, previous: Tensor, state: dict[str, Tensor], attend: Attend
    ) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
        """Previous embedding (B, E) and state -> readout (B, R), attention (B, S), state."""
        return self.part.step(TensorFlowNamespace(), self.tensors, previous, state, attend)

    def unroll(self, embedded: Tensor, state: dict[str, Tensor], attend: Attend) -> tuple[Tensor, Tensor]:
        """Embedded target (B, T, E) -> readouts (B, T, R), attention (B, T, S)."""
        readout, attention, _ = tf.nest.map_structure(tf.zeros_like, self.step(embedded[:, 0], state, attend))
        readouts, attentions, _ = tf.scan(
            lambda last, previous: self.step(previous, last[2], attend),
            tf.transpose(embedded, (1, 0, 2)),
            (readout, attention, state),
        )
        return tf.transpose(readouts, (1, 0, 2)), tf.transpose(attentions, (1, 0, 2))

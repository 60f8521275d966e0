"""Parts that a plugin might offer for TensorFlow alone; the twin of `native_torch`."""

from collections.abc import Callable, Mapping

import keras
import numpy as np
import onnx
import tensorflow as tf
from own_graphs import rising_graphs
from tensorflow import Tensor

Attend = Callable[[Tensor], tuple[Tensor, Tensor]]


class StackedEncoder(keras.layers.Layer):
    """Two recurrent layers of Keras, of two kinds; the mask keeps them from reading padding."""

    def __init__(self, input_size: int, *, size: int = 4) -> None:
        super().__init__()
        self.memory_size = size
        self.lower = keras.layers.LSTM(size, return_sequences=True)
        self.upper = keras.layers.GRU(size, return_sequences=True, return_state=True)

    def encode(self, inputs: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        mask = tf.sequence_mask(lengths, tf.shape(inputs)[1])
        memory, summary = self.upper(self.lower(inputs, mask=mask), mask=mask)
        return tf.where(mask[:, :, None], memory, 0.0), summary


class BilinearScorer(keras.layers.Layer):
    """Keys of a projection, two for each position, of which the better counts."""

    def __init__(self, query_size: int, memory_size: int) -> None:
        super().__init__()
        self.key = keras.layers.Dense(2 * query_size)
        self.query_size = query_size

    def keys(self, memory: Tensor) -> Tensor:
        shape = tf.shape(memory)
        return tf.reshape(self.key(memory), (shape[0], shape[1], 2, self.query_size))

    def score(self, query: Tensor, keys: Tensor) -> Tensor:
        return tf.reduce_max(tf.einsum("btq,bshq->btsh", query, keys), axis=-1)


class RisingScorer(keras.layers.Layer):
    """Each position scores at least as high as those before it, by an operator that the exporter does not know."""

    def __init__(self, query_size: int, memory_size: int) -> None:
        super().__init__()
        self.key = keras.layers.Dense(query_size, use_bias=False)

    def keys(self, memory: Tensor) -> Tensor:
        return self.key(memory)

    def score(self, query: Tensor, keys: Tensor) -> Tensor:
        return tf.math.cumulative_logsumexp(query @ tf.transpose(keys, (0, 2, 1)), axis=-1)


class RisingScorerWithGraphs(RisingScorer):
    """The same, with graphs of its own."""

    def to_onnx(self, weights: Mapping[str, np.ndarray]) -> dict[str, onnx.ModelProto]:
        return rising_graphs(weights["key.kernel"])


class CellDecoder(keras.layers.Layer):
    """Keras' own cell advances, then attends; the state has entries that a step's other values are named like."""

    def __init__(self, embedding_size: int, memory_size: int, *, size: int = 6) -> None:
        super().__init__()
        self.query_size, self.readout_size = size, size + memory_size
        self.bridge = keras.layers.Dense(size, activation="tanh")
        self.cell = keras.layers.GRUCell(size)

    def start(self, summary: Tensor) -> dict[str, Tensor]:
        return {"query": self.bridge(summary), "context": tf.zeros_like(summary)}

    def step(
        self, previous: Tensor, state: dict[str, Tensor], attend: Attend
    ) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
        query, _ = self.cell(tf.concat([previous, state["context"]], axis=-1), state["query"])
        context, attention = attend(query)
        return tf.concat([query, context], axis=-1), attention, {"query": query, "context": context}

    def unroll(self, embedded: Tensor, state: dict[str, Tensor], attend: Attend) -> tuple[Tensor, Tensor]:
        readout, attention, _ = tf.nest.map_structure(tf.zeros_like, self.step(embedded[:, 0], state, attend))
        readouts, attentions, _ = tf.scan(
            lambda last, previous: self.step(previous, last[2], attend),
            tf.transpose(embedded, (1, 0, 2)),
            (readout, attention, state),
        )
        return tf.transpose(readouts, (1, 0, 2)), tf.transpose(attentions, (1, 0, 2))

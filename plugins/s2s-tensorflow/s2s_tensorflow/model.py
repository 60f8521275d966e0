"""The whole model: embeddings, encoder, attention, decoder, output projection (its twin: `s2s_toolkit.reference`)."""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf
from tensorflow import Tensor

from s2s_tensorflow.attention import Attention
from s2s_toolkit.model import ModelPlan
from s2s_toolkit.parts.attention import Memory

State = dict[str, Tensor]


class Model(keras.layers.Layer):
    """Sequence-to-sequence with attention.

    Args:
        plan: Sizes.
        encoder: Has `encode(inputs, lengths)`.
        attention: Looks up the memory.
        decoder: Has `start`, `step` and `unroll`.
    """

    output: Any = None  # hides Keras' property of this name, which is for functional models

    def __init__(
        self, plan: ModelPlan, encoder: keras.layers.Layer, attention: Attention, decoder: keras.layers.Layer
    ) -> None:
        super().__init__()
        config = plan.config
        if not config.tied_embeddings:
            self.source_embedding = keras.layers.Embedding(plan.source_size, config.embedding_size)
        self.target_embedding = keras.layers.Embedding(plan.target_size, config.embedding_size)
        if config.tied_embeddings:
            self.source_embedding = self.target_embedding
        self.encoder, self.attention, self.decoder = encoder, attention, decoder
        self.output = TiedOutput(self.target_embedding) if config.tied_softmax else keras.layers.Dense(plan.target_size)
        self.dropout = keras.layers.Dropout(config.dropout, seed=0)
        self.built = True  # layers make their variables when they are first called, which is up to each of them

    def start(self, source_ids: Tensor, source_lengths: Tensor) -> tuple[Memory, State]:
        """Sources (B, S), lengths (B,) -> what attention reads, and the decoder's first state."""
        embedded = self.dropout(self.source_embedding(source_ids))
        values, summary = self.encoder.encode(embedded, source_lengths)
        mask = tf.sequence_mask(source_lengths, tf.shape(source_ids)[1])
        return self.attention.memory(values, mask), self.decoder.start(summary)

    def step(self, previous_ids: Tensor, memory: Memory, state: State) -> tuple[Tensor, Tensor, State]:
        """Previous ids (B,) -> logits (B, V), attention (B, S), state."""
        embedded = self.dropout(self.target_embedding(previous_ids))
        readout, attention, state = self.decoder.step(embedded, state, self._attend(memory))
        return self.output(readout), attention, state

    def unroll(self, source_ids: Tensor, source_lengths: Tensor, target_in: Tensor) -> tuple[Tensor, Tensor]:
        """Given targets (B, T) -> readouts (B, T, R), attention (B, T, S); `output` makes logits of readouts."""
        memory, state = self.start(source_ids, source_lengths)
        embedded = self.dropout(self.target_embedding(target_in))
        return self.decoder.unroll(embedded, state, self._attend(memory))

    def call(self, source_ids: Tensor, source_lengths: Tensor, target_in: Tensor) -> tuple[Tensor, Tensor]:
        """`unroll`, where `training=True` reaches the dropouts of every part: Keras hands it down from call to call."""
        return self.unroll(source_ids, source_lengths, target_in)

    def _attend(self, memory: Memory) -> Callable[[Tensor], tuple[Tensor, Tensor]]:
        return lambda query: self.attention.attend(query, memory)


class TiedOutput(keras.layers.Layer):
    """An output projection that multiplies with an embedding transposed, which Keras' `Dense` can't.

    Args:
        embedding: Of the target.
    """

    def __init__(self, embedding: keras.layers.Embedding) -> None:
        super().__init__()
        self.embedding, self.units = embedding, embedding.input_dim
        self.bias = self.add_weight(shape=(self.units,), initializer="zeros")

    def call(self, readouts: Tensor) -> Tensor:
        """Readouts (…, E) -> logits (…, V)."""
        return tf.tensordot(readouts, self.embedding.embeddings, axes=((-1,), (1,))) + self.bias

    @property
    def kernel(self) -> Tensor:
        """What readouts are multiplied with, (E, V), as `Dense` has it."""
        return tf.transpose(self.embedding.embeddings)

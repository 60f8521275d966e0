"""Attention: the scorer of either kind, with the core's masking and softmax."""

import keras
import tensorflow as tf
from tensorflow import Tensor

from s2s_tensorflow.namespace import TensorFlowNamespace
from s2s_toolkit.parts.attention import Memory, attend


class Attention(keras.layers.Layer):
    """Look up a memory with queries.

    Args:
        scorer: A layer with `keys(memory)` and `score(query, keys)`, native or a wrapped portable one.
    """

    def __init__(self, scorer: keras.layers.Layer) -> None:
        super().__init__()
        self.scorer = scorer

    def memory(self, values: Tensor, mask: Tensor) -> Memory:
        """What to attend to: encoder outputs (B, S, M) and their mask (B, S)."""
        return Memory(values, self.scorer.keys(values), mask)

    def attend(self, query: Tensor, memory: Memory) -> tuple[Tensor, Tensor]:
        """Look the memory up.

        One query per row: (B, Q) -> context (B, M), attention (B, S).
        One per step: (B, T, Q) -> context (B, T, M), attention (B, T, S).
        """
        queries = query if query.shape.rank == 3 else tf.expand_dims(query, axis=1)
        context, attention = attend(TensorFlowNamespace(), self.scorer.score(queries, memory.keys), memory)
        return (context, attention) if query.shape.rank == 3 else (tf.squeeze(context, 1), tf.squeeze(attention, 1))

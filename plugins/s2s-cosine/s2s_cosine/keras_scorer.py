"""The cosine scorer as a Keras layer, its portable form written for one framework."""

import keras
import tensorflow as tf
from tensorflow import Tensor

from s2s_cosine.scorer import EPSILON, INITIAL_STRENGTH


class CosineScorer(keras.layers.Layer):
    """`s2s_cosine.scorer.CosineScorer`, with its options and its weights."""

    def __init__(self, query_size: int, memory_size: int, *, size: int = 128) -> None:
        super().__init__()
        self.query = keras.layers.Dense(size, use_bias=False)
        self.key = keras.layers.Dense(size, use_bias=False)
        self.log_strength = self.add_weight(shape=(1,), initializer="zeros")

    def keys(self, memory: Tensor) -> Tensor:
        """Project the memory to unit length, once per source: (B, S, M) -> (B, S, A)."""
        return _unit(self.key(memory))

    def score(self, query: Tensor, keys: Tensor) -> Tensor:
        """Compare query (B, T, Q) with keys (B, S, A); unnormalised, (B, T, S)."""
        unit = _unit(self.query(query))  # (B, T, A)
        return tf.matmul(unit, keys, transpose_b=True) * (INITIAL_STRENGTH * tf.exp(self.log_strength))


def _unit(vectors: Tensor) -> Tensor:
    """Vectors (..., A) brought to length 1, and zero vectors left as they are."""
    return vectors / tf.sqrt(tf.reduce_sum(vectors * vectors, axis=-1, keepdims=True) + EPSILON)

"""A scorer for TensorFlow whose gradient is not that of what it computes."""

import keras
import tensorflow as tf


class WrongGradient(keras.layers.Layer):
    def __init__(self, query_size: int, memory_size: int) -> None:
        super().__init__()
        self.key = keras.layers.Dense(query_size, use_bias=False)

    def keys(self, memory):
        return scaled(self.key(memory))

    def score(self, query, keys):
        return query @ tf.linalg.matrix_transpose(keys)


@tf.custom_gradient
def scaled(x):
    return tf.identity(x), lambda gradient: gradient * 1.05

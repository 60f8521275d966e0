"""Layer normalisation (its twin: `s2s_toolkit.parts.norms`)."""

import keras

from s2s_toolkit.parts.norms import EPSILON


def layer_norms(count: int) -> list[keras.layers.LayerNormalization]:
    """One for each layer of a stack; the size of the outputs is that of what they first see."""
    return [keras.layers.LayerNormalization(epsilon=EPSILON) for _ in range(count)]

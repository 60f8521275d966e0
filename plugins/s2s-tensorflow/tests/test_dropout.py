"""Every place where a config asks for dropout has it while training, and only then; told apart by what is left."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow import Tensor

from s2s_tensorflow.framework import TensorFlowModel
from s2s_tensorflow.loss import to_tensors
from s2s_tensorflow.optimizer import reseed
from s2s_toolkit.batches import Batch

SHARE = 0.4
DECODERS = {
    "bahdanau": {"name": "bahdanau", "size": 40},
    "luong": {"name": "luong", "size": 40, "input_feeding": False},
}
Make = Callable[..., Any]


def unrolled(model: TensorFlowModel, batch: Batch) -> list[Tensor]:
    """Readouts while training, and otherwise."""
    reseed(model.layer, tf.constant(1, tf.int64))
    return [model.layer(*to_tensors(batch)[:3], training=training)[0] for training in (True, False)]


@pytest.mark.parametrize("silenced", ["source_embedding", "target_embedding"])
def test_both_embeddings_are_dropped(twins: Make, batch: Batch, silenced: str) -> None:
    """Where one is zero, only the other can make a difference."""
    pair = twins(dropout=SHARE, decoder=DECODERS["bahdanau"])
    pair.model.load_weights({**pair.weights, silenced: np.zeros_like(pair.weights[silenced])})
    while_training, otherwise = unrolled(pair.model, batch)
    assert np.abs(while_training - otherwise).max() > 1e-3


class Encoding(keras.layers.Layer):
    """Hands `training` down to an encoder, which Keras does from call to call."""

    def __init__(self, encoder: Any) -> None:
        super().__init__()
        self.encoder, self.built = encoder, True

    def call(self, inputs: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        memory, summary = self.encoder.encode(inputs, lengths)
        return memory, summary


@pytest.mark.parametrize("num_layers", [1, 2])
@pytest.mark.parametrize("name", ["gru", "lstm"])
def test_an_encoder_drops_its_outputs_and_what_passes_between_layers(twins: Make, name: str, num_layers: int) -> None:
    """What is left of one layer's outputs is what they are without dropout; what is left of two layers' is not."""
    pair = twins(encoder={"name": name, "size": 20, "num_layers": num_layers, "dropout": SHARE})
    inputs = tf.constant(np.random.default_rng(1).normal(size=(7, 11, 5)), tf.float32)
    lengths = tf.constant([11, 3, 5, 7, 11, 1, 2], tf.int64)
    encoding = Encoding(pair.model.layer.encoder)
    dropped, otherwise = (encoding(inputs, lengths, training=training) for training in (True, False))
    for values, whole in zip(dropped, otherwise, strict=True):
        check_dropped(values, whole, only_at_the_end=num_layers == 1)


@pytest.mark.parametrize("num_layers", [1, 2])
@pytest.mark.parametrize("name", DECODERS)
def test_a_decoder_drops_its_readout_and_what_passes_between_layers(
    twins: Make, batch: Batch, name: str, num_layers: int
) -> None:
    decoder = {**DECODERS[name], "num_layers": num_layers, "dropout": SHARE}
    check_dropped(*unrolled(twins(decoder=decoder).model, batch), only_at_the_end=num_layers == 1)


def check_dropped(values: Any, whole: Any, *, only_at_the_end: bool) -> None:
    """A share of the values is zero; the others are those of the whole, made larger, unless more was dropped before."""
    values, whole = np.asarray(values), np.asarray(whole)
    values, whole = values[whole != 0], whole[whole != 0]
    assert (values == 0).mean() == pytest.approx(SHARE, abs=0.08)
    difference = np.abs(values * (1 - SHARE) - whole)[values != 0].max()
    assert difference < 1e-5 if only_at_the_end else difference > 1e-3

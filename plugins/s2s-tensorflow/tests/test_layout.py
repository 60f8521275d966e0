"""Weights in our layout go into Keras layers and come out again, under the documented names."""

import dataclasses
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from s2s_tensorflow.framework import TensorFlowFramework, TensorFlowModel
from s2s_tensorflow.layout import members, places
from s2s_toolkit.batches import Batch
from s2s_toolkit.contracts import OptimizerOptions
from s2s_toolkit.errors import UnsupportedError
from s2s_toolkit.model import ModelPlan, build_parts
from s2s_toolkit.registry import Registry

MODELS: dict[str, dict[str, Any]] = {
    "small": {},
    "deep": {
        "encoder": {"name": "lstm", "size": 3, "num_layers": 2},
        "attention": {"name": "concat", "size": 7},
        "decoder": {"name": "luong", "size": 5, "num_layers": 3, "readout_size": 11},
    },
    "one way": {
        "encoder": {"name": "gru", "size": 3, "num_layers": 3, "bidirectional": False},
        "attention": {"name": "dot"},
        "decoder": {"name": "luong", "size": 3, "cell": "lstm", "input_feeding": False},
    },
    "normalized and tied": {
        "encoder": {"name": "gru", "size": 3, "num_layers": 2, "layer_norm": True},
        "decoder": {"name": "luong", "size": 6, "readout_size": 5, "layer_norm": True, "bridge": "copy"},
        "tied_softmax": True,
    },
}


@pytest.mark.parametrize("sections", MODELS.values(), ids=MODELS)
def test_names_and_shapes_are_those_declared(twins: Callable[..., Any], sections: dict[str, Any]) -> None:
    pair = twins(**sections)
    found = {name: array.shape for name, array in pair.model.weights().items()}
    assert found == {name: array.shape for name, array in pair.weights.items()}


@pytest.mark.parametrize("sections", MODELS.values(), ids=MODELS)
def test_weights_come_back_bit_equal(twins: Callable[..., Any], sections: dict[str, Any]) -> None:
    pair = twins(**sections)
    for name, array in pair.model.weights().items():
        np.testing.assert_array_equal(array, pair.weights[name], err_msg=name)
        assert array.dtype == np.float32


def test_weights_are_copies(twins: Callable[..., Any]) -> None:
    pair = twins()
    before = pair.model.weights()
    pair.model.load_weights({name: array + 1 for name, array in before.items()})
    np.testing.assert_array_equal(before["output.bias"], pair.weights["output.bias"])


class NativeScorer(keras.layers.Layer):
    """What somebody may offer: Keras layers in attributes, lists and dicts, and variables of its own."""

    def __init__(self, query_size: int, memory_size: int, *, size: int = 7) -> None:
        super().__init__()
        self.query = keras.layers.Dense(size, use_bias=False)
        self.projections = [keras.layers.Dense(size, activation="tanh"), keras.layers.Dropout(0.5)]
        self.by_name = {"last": keras.Sequential([keras.layers.Dense(size), keras.layers.Activation("tanh")])}
        self._energy = self.add_weight(shape=(size,))
        self.scales = [self.add_weight(shape=()), self.add_weight(shape=(), trainable=False)]

    def keys(self, memory: tf.Tensor) -> tf.Tensor:
        for projection in self.projections:
            memory = projection(memory)
        return self.by_name["last"](memory)

    def score(self, query: tf.Tensor, keys: tf.Tensor) -> tf.Tensor:
        hidden = tf.tanh(self.query(query)[:, :, None] + keys[:, None])
        return tf.reduce_sum(hidden * self._energy, axis=-1) * self.scales[0]


def test_native_scorer_is_named_by_its_attributes(twins: Callable[..., Any], registry: Registry) -> None:
    weights = _with_native_scorer(twins().plan, registry).weights()
    shapes = {name: array.shape for name, array in weights.items() if name.startswith("attention")}
    assert shapes == {
        "attention.query.kernel": (6, 7),
        "attention.projections.0.kernel": (6, 7),
        "attention.projections.0.bias": (7,),
        "attention.by_name.last.0.kernel": (7, 7),
        "attention.by_name.last.0.bias": (7,),
        "attention.energy": (7,),
        "attention.scales.0": (),
    }


def test_native_scorer_learns(twins: Callable[..., Any], registry: Registry, batch: Batch) -> None:
    """Its dropout, which is Keras' own, is drawn from the seed like ours."""
    plan = twins().plan
    model, rng = _with_native_scorer(plan, registry), np.random.default_rng(3)
    model.load_weights({n: rng.normal(0, 0.5, a.shape).astype(np.float32) for n, a in model.weights().items()})
    gradients = model.gradients(batch)
    assert all(np.abs(gradients[name]).max() > 0 for name in gradients if name.startswith("attention"))
    optimizer = model.optimizer(OptimizerOptions(clip_norm=1.0))
    losses = [optimizer.step([batch], learning_rate=0.0, seeds=[seed]) for seed in (1, 2, 1)]
    assert losses[0] == losses[2] != losses[1]


def _with_native_scorer(plan: ModelPlan, registry: Registry) -> TensorFlowModel:
    parts = build_parts(plan.config, registry, "tensorflow")
    scorer = NativeScorer(parts.decoder.query_size, parts.encoder.memory_size)
    return TensorFlowFramework().build(plan, dataclasses.replace(parts, scorer=scorer))


def test_a_shared_layer_is_named_once() -> None:
    class Tied(keras.layers.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.first = keras.layers.Dense(3)
            self.again = self.first

    layer = Tied()
    layer.first(tf.zeros((1, 5)))
    assert set(places(layer)) == {"first.kernel", "first.bias"}


def test_a_weight_without_a_name_is_refused() -> None:
    class Careless(keras.layers.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.add_weight(shape=(3,), name="lost")

    with pytest.raises(UnsupportedError, match=r"no attribute of their layer have no name: .*lost"):
        places(Careless())


def test_members_are_found_at_any_depth() -> None:
    class Nested(keras.layers.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.cells = [{"forward": keras.layers.Dropout(0.5)}, {"forward": keras.layers.Dropout(0.5)}]

    found = {path for path, member in members(Nested()) if isinstance(member, keras.random.SeedGenerator)}
    assert found == {"cells.0.forward.seed_generator", "cells.1.forward.seed_generator"}

"""Training: Adam as in the paper, dropout from the seed alone, and a state that goes on where it stopped."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from s2s_tensorflow.loss import to_tensors, training_losses
from s2s_tensorflow.optimizer import reseed
from s2s_toolkit.batches import Batch
from s2s_toolkit.contracts import OptimizerOptions

SMALL = {"encoder": {"name": "gru", "size": 3}, "decoder": {"name": "bahdanau", "size": 5}}
DROPOUT: dict[str, Any] = {
    "dropout": 0.3,
    "encoder": {"name": "gru", "size": 3, "num_layers": 2, "dropout": 0.2},
    "decoder": {"name": "luong", "size": 5, "num_layers": 2, "readout_size": 32, "dropout": 0.4},
}


class NumpyAdam:
    """Kingma and Ba (2015), algorithm 1, in double precision."""

    def __init__(self, weights: dict[str, np.ndarray]) -> None:
        self.weights = {name: array.astype(np.float64) for name, array in weights.items()}
        self.mean = {name: np.zeros_like(array) for name, array in self.weights.items()}
        self.variance = {name: np.zeros_like(array) for name, array in self.weights.items()}
        self.steps = 0

    def step(self, gradients: dict[str, np.ndarray], *, learning_rate: float, clip_norm: float) -> None:
        self.steps += 1
        norm = np.sqrt(sum(np.square(gradient.astype(np.float64)).sum() for gradient in gradients.values()))
        for name, gradient in gradients.items():
            gradient = gradient * min(1, clip_norm / (norm + 1e-6))
            self.mean[name] = 0.9 * self.mean[name] + 0.1 * gradient
            self.variance[name] = 0.999 * self.variance[name] + 0.001 * gradient**2
            mean = self.mean[name] / (1 - 0.9**self.steps)
            variance = self.variance[name] / (1 - 0.999**self.steps)
            self.weights[name] -= learning_rate * mean / (np.sqrt(variance) + 1e-8)


@pytest.mark.parametrize("clip_norm", [0.1, 1e6], ids=["clipped", "free"])
def test_adam_steps_as_the_paper_says(twins: Callable[..., Any], batch: Batch, clip_norm: float) -> None:
    pair = twins()
    optimizer, expected = pair.model.optimizer(OptimizerOptions(clip_norm=clip_norm)), NumpyAdam(pair.weights)
    for learning_rate in (1e-3, 1e-2, 1e-3):
        expected.step(pair.model.gradients(batch), learning_rate=learning_rate, clip_norm=clip_norm)
        optimizer.step([batch], learning_rate=learning_rate, seeds=[1])
        for name, array in pair.model.weights().items():
            np.testing.assert_allclose(array, expected.weights[name], atol=1e-6, err_msg=name)
    state = optimizer.state()
    assert all(isinstance(array, np.ndarray) for array in state.values())
    assert state["steps"] == 3
    for name in pair.weights:
        np.testing.assert_allclose(state[f"mean.{name}"], expected.mean[name], atol=1e-6)
        np.testing.assert_allclose(state[f"variance.{name}"], expected.variance[name], rtol=1e-3, atol=1e-9)


def test_step_returns_the_loss_before_it(twins: Callable[..., Any], batch: Batch) -> None:
    pair = twins()
    before = pair.model.loss(batch)
    assert pair.model.optimizer(OptimizerOptions(clip_norm=1.0)).step(
        [batch], learning_rate=1e-2, seeds=[1]
    ) == pytest.approx(before, rel=1e-5)
    assert pair.model.loss(batch) < before


def test_gradients_are_per_token(twins: Callable[..., Any], batch: Batch) -> None:
    """Along a direction the loss changes as the gradient says."""
    pair, rng = twins(), np.random.default_rng(1)
    gradients = pair.model.gradients(batch)
    direction = {name: rng.normal(size=array.shape).astype(np.float32) for name, array in pair.weights.items()}
    losses = []
    for length in (1e-3, -1e-3):
        pair.model.load_weights({name: array + length * direction[name] for name, array in pair.weights.items()})
        losses.append(pair.model.loss(batch) / batch.num_target_tokens)
    slope = sum((gradients[name] * direction[name]).sum() for name in gradients)
    assert (losses[0] - losses[1]) / 2e-3 == pytest.approx(slope, rel=0.02)


def test_gradients_under_dropout_belong_to_the_masks_drawn(twins: Callable[..., Any], batch: Batch) -> None:
    """In a loop, too: backwards it must use the masks of the way forward."""
    layer, rng = twins(**DROPOUT).model.layer, np.random.default_rng(1)
    variables = [variable.value for variable in layer.trainable_variables]
    direction = [tf.constant(rng.normal(size=variable.shape), tf.float32) for variable in variables]

    @tf.function(autograph=False)
    def loss_and_slope() -> tuple[tf.Tensor, tf.Tensor]:
        reseed(layer, tf.constant(5, tf.int64))
        with tf.GradientTape() as tape:
            loss, _ = training_losses(layer, to_tensors(batch), 0.0)
        gradients = tape.gradient(loss, variables)
        return loss, tf.add_n(
            [tf.reduce_sum(tf.convert_to_tensor(g) * d) for g, d in zip(gradients, direction, strict=True)]
        )

    _, slope = loss_and_slope()
    losses = []
    for length in (1e-3, -2e-3):
        for variable, way in zip(variables, direction, strict=True):
            variable.assign_add(length * way)
        losses.append(loss_and_slope()[0])
    assert float(losses[0] - losses[1]) / 2e-3 == pytest.approx(float(slope), rel=0.02)


def test_dropout_depends_on_the_seeds_alone(twins: Callable[..., Any], batch: Batch) -> None:
    def path() -> list[float]:
        pair = twins(**DROPOUT)
        optimizer = pair.model.optimizer(OptimizerOptions(clip_norm=1.0))
        losses = [optimizer.step([batch], learning_rate=1e-3, seeds=[seed]) for seed in (1, 2, 3)]
        return [*losses, *pair.model.weights()["output.bias"].tolist()]

    assert path() == path()


def test_equal_seeds_of_equal_weights_give_equal_losses(twins: Callable[..., Any], batch: Batch) -> None:
    pair = twins(**DROPOUT)
    optimizer = pair.model.optimizer(OptimizerOptions(clip_norm=1.0))
    losses = [optimizer.step([batch], learning_rate=0.0, seeds=[seed]) for seed in (1, 2**40 + 1, 1)]
    assert losses[0] == losses[2] != losses[1]


def test_without_dropout_the_seed_changes_nothing(twins: Callable[..., Any], batch: Batch) -> None:
    pair = twins()
    optimizer = pair.model.optimizer(OptimizerOptions(clip_norm=1.0))
    losses = [optimizer.step([batch], learning_rate=0.0, seeds=[seed]) for seed in (1, 2)]
    assert losses == [pytest.approx(pair.model.loss(batch), rel=1e-6)] * 2


def test_dropout_is_drawn_anew_at_every_step_of_a_target(twins: Callable[..., Any], batch: Batch) -> None:
    layer = twins(**DROPOUT).model.layer
    reseed(layer, tf.constant(1, tf.int64))
    readouts, _ = layer(*to_tensors(batch)[:3], training=True)
    dropped = readouts.numpy() == 0  # (B, T, R)
    assert dropped.mean() == pytest.approx(0.4, abs=0.05)
    assert all(not np.array_equal(dropped[:, 0], dropped[:, step]) for step in range(1, dropped.shape[1]))


def test_every_site_draws_its_own_numbers(twins: Callable[..., Any]) -> None:
    sections = {key: {**SMALL[key], "dropout": 0.4} for key in ("encoder", "decoder")}
    layer = twins(dropout=0.4, **sections).model.layer
    reseed(layer, tf.constant(1, tf.int64))
    sites = [layer.dropout, layer.encoder.dropout, layer.decoder.dropout, layer.decoder.dropout]
    drawn = [tuple(site(tf.ones(100), training=True).numpy() == 0) for site in sites]
    assert len(set(drawn)) == len(sites)


def test_state_goes_on_where_it_stopped(twins: Callable[..., Any], batch: Batch) -> None:
    whole, begun, resumed = (twins(**DROPOUT).model for _ in range(3))
    optimizer = whole.optimizer(OptimizerOptions(clip_norm=1.0))
    expected = [optimizer.step([batch], learning_rate=1e-2, seeds=[seed]) for seed in range(5)]
    first = begun.optimizer(OptimizerOptions(clip_norm=1.0))
    losses = [first.step([batch], learning_rate=1e-2, seeds=[seed]) for seed in range(3)]
    resumed.load_weights(begun.weights())
    second = resumed.optimizer(OptimizerOptions(clip_norm=1.0))
    second.load_state(first.state())
    losses += [second.step([batch], learning_rate=1e-2, seeds=[seed]) for seed in range(3, 5)]
    assert losses == expected
    for name, array in whole.weights().items():
        np.testing.assert_array_equal(array, resumed.weights()[name], err_msg=name)
    for name, array in optimizer.state().items():
        np.testing.assert_array_equal(array, second.state()[name], err_msg=name)


def test_before_the_first_step_there_is_no_state(twins: Callable[..., Any]) -> None:
    optimizer = twins().model.optimizer(OptimizerOptions(clip_norm=1.0))
    assert optimizer.state() == {}
    optimizer.load_state({})
    assert optimizer.state() == {}

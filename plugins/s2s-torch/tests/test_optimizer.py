"""Adam: against the algorithm by hand, clipped, and carried over."""

import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest
import torch

from s2s_toolkit.batches import Batch
from s2s_toolkit.contracts import OptimizerOptions
from s2s_torch.framework import TorchModel
from s2s_torch.optimizer import norm_of_all

Make = Callable[..., TorchModel]


def adam_by_hand(weights: np.ndarray, gradients: list[np.ndarray], rate: float) -> np.ndarray:
    """Kingma and Ba (2015), algorithm 1."""
    mean = variance = np.zeros_like(weights)
    for step, gradient in enumerate(gradients, start=1):
        mean = 0.9 * mean + 0.1 * gradient
        variance = 0.999 * variance + 0.001 * gradient**2
        weights = weights - rate * (mean / (1 - 0.9**step)) / (np.sqrt(variance / (1 - 0.999**step)) + 1e-8)
    return weights


def test_steps_follow_the_algorithm(make_model: Make, batch: Batch) -> None:
    model = make_model()
    optimizer, first, gradients = model.optimizer(OptimizerOptions(clip_norm=1e9)), model.weights(), []
    for step in range(3):
        gradients.append(model.gradients(batch))
        optimizer.step([batch], learning_rate=0.01, seeds=[step])
    for name, array in model.weights().items():
        expected = adam_by_hand(first[name].astype(np.float64), [g[name] for g in gradients], 0.01)
        np.testing.assert_allclose(array, expected, atol=1e-5, err_msg=name)


def test_a_step_returns_the_loss_before_it(make_model: Make, batch: Batch) -> None:
    model = make_model()
    before = model.loss(batch)
    assert model.optimizer(OptimizerOptions(clip_norm=1.0)).step(
        [batch], learning_rate=0.01, seeds=[1]
    ) == pytest.approx(before, rel=1e-6)


def test_the_gradient_is_clipped_as_a_whole(make_model: Make, batch: Batch) -> None:
    """The first mean is a tenth of the clipped gradient, whose norm is the limit."""
    model = make_model()
    optimizer = model.optimizer(OptimizerOptions(clip_norm=0.01))
    optimizer.step([batch], learning_rate=0.001, seeds=[1])
    means = [array for name, array in optimizer.state().items() if name.startswith("mean.")]
    assert np.sqrt(sum((array**2).sum() for array in means)) == pytest.approx(0.001, rel=1e-3)


def test_an_optimizer_goes_on_from_its_state(make_model: Make, batch: Batch) -> None:
    first, second = make_model(), make_model()
    optimizer = first.optimizer(OptimizerOptions(clip_norm=1.0))
    optimizer.step([batch], learning_rate=0.01, seeds=[1])
    second.load_weights(first.weights())
    other = second.optimizer(OptimizerOptions(clip_norm=1.0))
    other.load_state(optimizer.state())
    for one in (optimizer, other):
        one.step([batch], learning_rate=0.01, seeds=[2])
    for name, array in first.weights().items():
        np.testing.assert_array_equal(array, second.weights()[name], err_msg=name)


def test_a_state_stays_as_it_is_while_an_optimizer_goes_on_from_it(make_model: Make, batch: Batch) -> None:
    first, second = (
        make_model().optimizer(OptimizerOptions(clip_norm=1.0)),
        make_model().optimizer(OptimizerOptions(clip_norm=1.0)),
    )
    first.step([batch], learning_rate=0.01, seeds=[1])
    state = first.state()
    second.load_state(state)
    second.step([batch], learning_rate=0.01, seeds=[2])
    for name, array in first.state().items():
        np.testing.assert_array_equal(array, state[name], err_msg=name)


def test_a_fresh_optimizer_has_no_state(make_model: Make) -> None:
    assert make_model().optimizer(OptimizerOptions(clip_norm=1.0)).state() == {}


def test_dropout_depends_on_the_seed_alone(make_model: Make, batch: Batch) -> None:
    losses = []
    for seed in (1, 1, 2):
        model = make_model(dropout=0.5)
        losses.append(model.optimizer(OptimizerOptions(clip_norm=1.0)).step([batch], learning_rate=0.01, seeds=[seed]))
    assert losses[0] == losses[1] != losses[2]


@pytest.mark.parametrize("part", ["encoder", "decoder"])
def test_each_part_drops_while_training_and_never_else(make_model: Make, batch: Batch, part: str) -> None:
    still, dropping = make_model(), make_model(**{part: {**make_part(part), "dropout": 0.5}})
    assert dropping.loss(batch) == pytest.approx(still.loss(batch))
    assert dropping.optimizer(OptimizerOptions(clip_norm=1.0)).step(
        [batch], learning_rate=0.01, seeds=[1]
    ) != pytest.approx(still.loss(batch))


def make_part(part: str) -> dict[str, object]:
    parts = {"encoder": {"name": "gru", "size": 3}, "decoder": {"name": "bahdanau", "size": 6, "readout_size": 4}}
    return dict(parts[part])


def test_the_norm_of_many_numbers_is_exact() -> None:
    """A few great numbers among many small ones, as in the gradient of an output projection."""
    rng = np.random.default_rng(1)
    arrays = [rng.normal(size=shape).astype(np.float32) for shape in ((700, 900), (3, 5, 7), (11,), ())]
    arrays[0][:, :20] *= 100
    expected = np.sqrt(sum(np.square(array, dtype=np.float64).sum() for array in arrays))
    found = norm_of_all([torch.from_numpy(np.asarray(array)) for array in arrays])
    assert found.item() == pytest.approx(expected, rel=1e-6)


STEP = """
import sys
from s2s_toolkit.batches import make_batch
from s2s_toolkit.config_sections import ModelConfig
from s2s_toolkit.contracts import OptimizerOptions
from s2s_toolkit.loading import build_model
from s2s_toolkit.model import ModelPlan
from s2s_toolkit.plugins import load_registry

plan = ModelPlan(ModelConfig(embedding_size=2), source_size=9, target_size=9)
model = build_model(plan, load_registry(), "torch")
options = OptimizerOptions(clip_norm=1.0, weight_decay=0.1, moving_average=0.9)
model.optimizer(options).step([make_batch([([4], [5])])], learning_rate=0.1, seeds=[1])
print(*({"torch._dynamo", "triton"} & set(sys.modules)))
"""


def test_a_step_does_without_the_compiler() -> None:
    """Which takes a second to import, and ends a process that has TensorFlow where it comes with Triton."""
    done = subprocess.run([sys.executable, "-c", STEP], capture_output=True, text=True, check=True)
    assert done.stdout == "\n"

"""What an optimizer minimises and how: options by hand, in both frameworks, through the contract alone."""

from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from s2s_toolkit.batches import Batch, make_batch
from s2s_toolkit.config_sections import ModelConfig
from s2s_toolkit.contracts import FrameworkModel, Optimizer, OptimizerOptions
from s2s_toolkit.loading import build_model
from s2s_toolkit.model import ModelPlan, declared_weights, reference_parts
from s2s_toolkit.registry import Registry
from s2s_toolkit.testing.requirements import require
from s2s_toolkit.weights import initial_weights, prefixed, under

MODEL: dict[str, Any] = {
    "embedding_size": 5,
    "encoder": {"name": "gru", "size": 3},
    "attention": {"name": "additive", "size": 7},
    "decoder": {"name": "luong", "size": 6, "input_feeding": False},
}
FREE = 1e9
"""A norm that no gradient has."""
SMOOTHED = OptimizerOptions(clip_norm=FREE, label_smoothing=0.3)
DECAYED = replace(SMOOTHED, weight_decay=0.5, moving_average=0.2)
Weights = dict[str, np.ndarray]


@pytest.fixture(scope="module", params=["torch", "tensorflow"])
def model(request: pytest.FixtureRequest, registry: Registry) -> FrameworkModel:
    require(request.param)
    return build_model(ModelPlan(ModelConfig.model_validate(MODEL), 11, 13), registry, request.param)


@pytest.fixture(scope="module")
def weights(registry: Registry) -> Weights:
    plan, rng = ModelPlan(ModelConfig.model_validate(MODEL), 11, 13), np.random.default_rng(3)
    declared = declared_weights(plan, reference_parts(plan.config, registry, "torch"))
    drawn = initial_weights(declared, seed=1)
    return {name: array + rng.normal(0, 0.3, array.shape).astype(np.float32) for name, array in drawn.items()}


def examples(*lengths: tuple[int, int]) -> list[tuple[list[int], list[int]]]:
    rng = np.random.default_rng(5)
    return [(rng.integers(4, 11, s).tolist(), rng.integers(4, 13, t).tolist()) for s, t in lengths]


EXAMPLES = examples((7, 3), (5, 5), (0, 1), (3, 2), (2, 9))


@pytest.fixture(scope="module")
def batch() -> Batch:
    return make_batch(EXAMPLES)


@dataclass(frozen=True)
class Subject:
    """A model, and its optimizers by their options: TensorFlow takes seconds to trace each."""

    model: FrameworkModel
    weights: Weights
    optimizers: dict[OptimizerOptions, Optimizer] = field(default_factory=dict)

    def start(self, options: OptimizerOptions) -> Optimizer:
        """The optimizer before its first step, and the model on its first weights."""
        self.model.load_weights(self.weights)
        zeros = {name: np.zeros_like(array) for name, array in self.weights.items()}
        optimizer = self.optimizers.setdefault(options, self.model.optimizer(options))
        optimizer.load_state(prefixed(zeros, "mean") | prefixed(zeros, "variance") | {"steps": np.asarray(0)})
        return optimizer

    def gradient(self, batches: list[Batch]) -> Weights:
        """That of a step: Adam's first mean is a tenth of it."""
        optimizer = self.start(SMOOTHED)
        optimizer.step(batches, learning_rate=0.0, seeds=list(range(len(batches))))
        return {name: 10 * array for name, array in under(optimizer.state(), "mean").items()}


@pytest.fixture(scope="module")
def subject(model: FrameworkModel, weights: Weights) -> Subject:
    return Subject(model, weights)


def test_the_gradient_is_that_of_the_smoothed_loss(subject: Subject, batch: Batch) -> None:
    """Along a direction the formula, computed in numpy from the logits, changes as the gradient says."""
    gradient, rng = subject.gradient([batch]), np.random.default_rng(1)
    direction = {name: rng.normal(size=array.shape).astype(np.float32) for name, array in subject.weights.items()}

    def smoothed(length: float) -> float:
        subject.model.load_weights({n: array + length * direction[n] for n, array in subject.weights.items()})
        logits = subject.model.teacher_forced(batch)[0].astype(np.float64)
        log_probs = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
        of_target = -np.take_along_axis(log_probs, batch.target_out[..., None], axis=-1)[..., 0]
        loss = 0.7 * of_target + 0.3 * -log_probs.mean(axis=-1)
        return float(loss[batch.target_mask].mean())

    slope = sum(float((gradient[name] * direction[name]).sum()) for name in gradient)
    assert (smoothed(1e-3) - smoothed(-1e-3)) / 2e-3 == pytest.approx(slope, rel=0.01)


@pytest.mark.parametrize("cuts", [[], [2]], ids=["one batch", "two batches"])
def test_the_loss_told_is_that_of_all_batches_and_not_smoothed(subject: Subject, batch: Batch, cuts: list[int]) -> None:
    """So it can be compared with that on the dev pairs."""
    optimizer = subject.start(SMOOTHED)
    expected = subject.model.loss(batch)
    parts = [make_batch(EXAMPLES[start:end]) for start, end in pairwise([0, *cuts, len(EXAMPLES)])]
    found = optimizer.step(parts, learning_rate=0.0, seeds=list(range(len(parts))))
    assert found == pytest.approx(expected, rel=1e-5)


def test_batches_of_a_step_count_as_one(subject: Subject, batch: Batch) -> None:
    """By their tokens, which are not equally many."""
    parts = [make_batch(EXAMPLES[:2]), make_batch(EXAMPLES[2:3]), make_batch(EXAMPLES[3:])]
    assert [part.num_target_tokens for part in parts] == [10, 2, 13]
    together = subject.gradient([batch])
    for name, array in subject.gradient(parts).items():
        np.testing.assert_allclose(array, together[name], atol=2e-6, err_msg=name)


def test_batches_of_a_step_are_clipped_together(subject: Subject) -> None:
    optimizer = subject.start(OptimizerOptions(clip_norm=0.01))
    optimizer.step([make_batch(EXAMPLES[:2]), make_batch(EXAMPLES[2:])], learning_rate=0.1, seeds=[1, 2])
    means = under(optimizer.state(), "mean").values()
    assert np.sqrt(sum((array**2).sum() for array in means)) == pytest.approx(0.001, rel=1e-3)


def test_the_first_step_is_as_long_as_the_learning_rate(subject: Subject, batch: Batch) -> None:
    """Where the gradient is not next to nothing. Single precision knows 1 - 0.999 to 1.3e-5 of itself."""
    optimizer = subject.start(SMOOTHED)
    bias = "output.bias"
    subject.model.load_weights({**subject.weights, bias: np.zeros_like(subject.weights[bias])})
    optimizer.step([batch], learning_rate=1.0, seeds=[1])
    mean, found = optimizer.state()[f"mean.{bias}"], subject.model.weights()[bias]
    large = np.abs(mean) > 1e-3
    assert large.sum() > 5
    np.testing.assert_allclose(found[large], -np.sign(mean[large]), rtol=3e-6)


def test_a_step_takes_its_share_of_each_matrix_and_of_nothing_else(subject: Subject, batch: Batch) -> None:
    left = []
    for options in (SMOOTHED, DECAYED):
        subject.start(options).step([batch], learning_rate=0.1, seeds=[1])
        left.append(subject.model.weights())
    for name, array in subject.weights.items():
        expected = 0.1 * 0.5 * array if array.ndim > 1 else np.zeros_like(array)
        np.testing.assert_allclose(left[0][name] - left[1][name], expected, atol=1e-6, err_msg=name)


def test_the_average_follows_the_weights_as_the_contract_says(subject: Subject, batch: Batch) -> None:
    """After one step the decay is 2 / 11; after two 0.2, which is less than 3 / 12."""
    optimizer, seen = subject.start(DECAYED), []
    for step in range(3):
        optimizer.step([batch], learning_rate=0.1, seeds=[step])
        seen.append(subject.model.weights())
    for name, average in under(optimizer.state(), "average").items():
        second = 2 / 11 * seen[0][name] + 9 / 11 * seen[1][name]
        np.testing.assert_allclose(average, 0.2 * second + 0.8 * seen[2][name], atol=1e-6, err_msg=name)


def test_an_average_goes_on_from_a_state_and_begins_with_the_weights_without_one(
    subject: Subject, batch: Batch
) -> None:
    optimizer = subject.start(DECAYED)
    for step in range(2):
        optimizer.step([batch], learning_rate=0.1, seeds=[step])
    state = optimizer.state()
    bare = {name: array for name, array in state.items() if not name.startswith("average.")}
    other = subject.model.optimizer(DECAYED)
    for given, expected in ((state, under(state, "average")), (bare, subject.model.weights())):
        other.load_state(given)
        found = under(other.state(), "average")
        assert found.keys() == subject.weights.keys()
        for name, array in expected.items():
            np.testing.assert_array_equal(found[name], array, err_msg=name)
    plain = subject.model.optimizer(OptimizerOptions())
    plain.load_state(state)
    assert plain.state().keys() == bare.keys()


def test_predictions_are_the_most_probable_symbols(subject: Subject, batch: Batch, registry: Registry) -> None:
    reference = build_model(ModelPlan(ModelConfig.model_validate(MODEL), 11, 13), registry, "numpy")
    for model in (subject.model, reference):
        model.load_weights(subject.weights)
        found = model.predictions(batch)
        assert found.dtype == np.int64
        assert found.shape == batch.target_in.shape
        np.testing.assert_array_equal(found, subject.model.teacher_forced(batch)[0].argmax(axis=-1))


@pytest.mark.parametrize("parts", [1, 2])  # together, and added up
def test_a_gradient_that_is_not_finite_changes_nothing(subject: Subject, batch: Batch, parts: int) -> None:
    """The embedding of one symbol is infinite, and only some of the batches have it."""
    bad = make_batch([([*source, 10], target) for source, target in EXAMPLES[:2]])
    without = make_batch([([4, 5], [6]), ([7], [8, 9])])
    weights = {name: array.copy() for name, array in subject.weights.items()}
    weights["source_embedding"][10] = np.inf
    poisoned = replace(subject, weights=weights)
    optimizer = poisoned.start(DECAYED)
    assert np.isfinite(optimizer.step([without] * parts, learning_rate=0.1, seeds=range(parts)))
    state, before = optimizer.state(), subject.model.weights()
    assert np.isnan(optimizer.step([without, bad][-parts:], learning_rate=0.1, seeds=range(parts)))
    for found, expected in ((optimizer.state(), state), (subject.model.weights(), before)):
        assert found.keys() == expected.keys()
        assert all(np.array_equal(found[name], expected[name], equal_nan=True) for name in expected)
    assert np.isfinite(optimizer.step([without] * parts, learning_rate=0.1, seeds=range(parts)))
    assert optimizer.state()["steps"] == 2

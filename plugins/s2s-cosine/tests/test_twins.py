"""The native scorers are the portable one: names, values and gradients of whole models."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from s2s_cosine.scorer import CosineScorer
from s2s_toolkit.batches import Batch, make_batch
from s2s_toolkit.config_sections import ModelConfig
from s2s_toolkit.contracts import FrameworkModel, OptimizerOptions
from s2s_toolkit.model import ModelPlan, build_parts, declared_weights
from s2s_toolkit.registry import Registry
from s2s_toolkit.testing.requirements import require
from s2s_toolkit.weights import initial_weights

SIZE = 7
CONFIG = ModelConfig.model_validate(
    {
        "embedding_size": 5,
        "encoder": {"name": "gru", "size": 3},
        "attention": {"name": "cosine", "size": SIZE},
        "decoder": {"name": "luong", "size": 4, "input_feeding": False},
    }
)
PLAN = ModelPlan(CONFIG, source_size=11, target_size=13)
SCORER_WEIGHTS = ("attention.query.kernel", "attention.key.kernel", "attention.log_strength")
each_framework = pytest.mark.parametrize("framework", ["torch", "tensorflow"])
Build = Callable[[str], FrameworkModel]


@pytest.fixture(scope="module")
def batch() -> Batch:
    rng = np.random.default_rng(5)
    lengths = [(7, 3), (5, 5), (0, 1), (3, 0)]
    return make_batch([(rng.integers(4, 11, s).tolist(), rng.integers(4, 13, t).tolist()) for s, t in lengths])


@pytest.fixture(scope="module")
def weights(registry: Registry) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(3)
    drawn = initial_weights(declared_weights(PLAN, build_parts(CONFIG, registry, "numpy")), seed=1)
    return {name: array + rng.normal(0, 0.3, array.shape).astype(np.float32) for name, array in drawn.items()}


@pytest.fixture(scope="module")
def native(registry: Registry) -> Build:
    """Build the model with the parts that are made for a framework."""

    def build(framework: str) -> FrameworkModel:
        if framework != "numpy":
            require(framework)
        return registry.load("framework", framework)().build(PLAN, build_parts(CONFIG, registry, framework))

    return build


@pytest.fixture(scope="module")
def portable(registry: Registry) -> Build:
    """Build the model with the portable scorer among a framework's own parts."""

    def build(framework: str) -> FrameworkModel:
        require(framework)
        parts = build_parts(CONFIG, registry, framework)
        scorer = CosineScorer(parts.decoder.query_size, parts.encoder.memory_size, size=SIZE)
        return registry.load("framework", framework)().build(PLAN, replace(parts, scorer=scorer))

    return build


@each_framework
def test_weights_have_the_names_and_shapes_of_the_portable_scorer(
    native: Build, weights: dict[str, np.ndarray], framework: str
) -> None:
    shapes = {name: array.shape for name, array in native(framework).weights().items()}
    assert shapes == {name: array.shape for name, array in weights.items()}


@each_framework
def test_all_forms_give_the_same_values(
    native: Build, portable: Build, weights: dict[str, np.ndarray], batch: Batch, framework: str
) -> None:
    models = native("numpy"), portable(framework), native(framework)
    for model in models:
        model.load_weights(weights)
    expected, *others = ([array[batch.target_mask] for array in model.teacher_forced(batch)] for model in models)
    for found in others:
        np.testing.assert_allclose(found[0], expected[0], atol=1e-5)
        np.testing.assert_allclose(found[1], expected[1], atol=1e-5)


@each_framework
def test_both_forms_give_the_same_gradients_to_every_weight(
    native: Build, portable: Build, weights: dict[str, np.ndarray], batch: Batch, framework: str
) -> None:
    models = portable(framework), native(framework)
    for model in models:
        model.load_weights(weights)
    expected, found = (model.gradients(batch) for model in models)
    for name, gradient in found.items():
        np.testing.assert_allclose(gradient, expected[name], atol=1e-5, err_msg=name)
    assert all(np.abs(found[name]).max() > 1e-4 for name in SCORER_WEIGHTS)


@each_framework
def test_gradient_of_the_strength_is_its_finite_difference(
    native: Build, weights: dict[str, np.ndarray], batch: Batch, framework: str
) -> None:
    model, name, width, losses = native(framework), "attention.log_strength", np.float32(0.02), []
    model.load_weights(weights)
    gradient = model.gradients(batch)[name][0]
    for change in (width, -width):
        model.load_weights(weights | {name: weights[name] + change})
        losses.append(model.loss(batch) / batch.num_target_tokens)
    assert gradient == pytest.approx((losses[0] - losses[1]) / (2 * width), rel=0.02, abs=1e-5)


@each_framework
@pytest.mark.parametrize("form", ["native", "portable"])
@pytest.mark.parametrize("zeroed", ["attention.query.kernel", "attention.key.kernel"])
def test_zero_vectors_attend_evenly_and_have_a_finite_gradient(
    request: pytest.FixtureRequest,
    weights: dict[str, np.ndarray],
    batch: Batch,
    framework: str,
    form: str,
    zeroed: str,
) -> None:
    model = request.getfixturevalue(form)(framework)
    model.load_weights(weights | {zeroed: np.zeros_like(weights[zeroed])})
    _, attention = model.teacher_forced(batch)
    for row, length in enumerate(batch.source_lengths):
        np.testing.assert_allclose(attention[row, 0, :length], 1 / length, rtol=1e-6)
    assert all(np.all(np.isfinite(gradient)) for gradient in model.gradients(batch).values())


@each_framework
def test_a_few_steps_train_the_scorer(
    native: Build, weights: dict[str, np.ndarray], batch: Batch, framework: str
) -> None:
    model = native(framework)
    model.load_weights(weights)
    optimizer = model.optimizer(OptimizerOptions(clip_norm=1.0))
    losses = [optimizer.step([batch], learning_rate=0.02, seeds=[1]) for _ in range(8)]
    assert losses[-1] < losses[0]
    trained = model.weights()
    assert all(np.any(trained[name] != weights[name]) for name in SCORER_WEIGHTS)

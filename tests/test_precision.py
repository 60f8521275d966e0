"""Mixed precision: products of a training step in 16 bits, everything that lasts in 32."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from s2s_toolkit.batches import Batch, make_batch
from s2s_toolkit.config_sections import ModelConfig
from s2s_toolkit.contracts import FrameworkModel, OptimizerOptions
from s2s_toolkit.loading import build_model
from s2s_toolkit.model import ModelPlan
from s2s_toolkit.registry import Registry
from s2s_toolkit.testing.requirements import require

MODELS: dict[str, dict[str, Any]] = {
    "gru, bahdanau": {
        "encoder": {"name": "gru", "size": 24, "num_layers": 2, "layer_norm": True},
        "attention": {"name": "additive", "size": 40},
        "decoder": {"name": "bahdanau", "size": 32, "num_layers": 2, "layer_norm": True},
    },
    "lstm, luong": {
        "encoder": {"name": "lstm", "size": 24},
        "attention": {"name": "general"},
        "decoder": {"name": "luong", "size": 32, "cell": "lstm", "bridge": "zero"},
    },
}
BF16 = OptimizerOptions(precision="bf16", label_smoothing=0.1)
RNG = np.random.default_rng(5)
EXAMPLES = [(RNG.integers(4, 11, s).tolist(), RNG.integers(4, 13, s).tolist()) for s in (7, 5, 3, 6, 2, 9, 1, 8)]
CASES = [(framework, model) for framework in ("torch", "tensorflow") for model in MODELS]


@pytest.fixture(scope="module")
def batch() -> Batch:
    return make_batch(EXAMPLES)


@pytest.fixture(scope="module", params=CASES, ids=[", ".join(case) for case in CASES])
def model(request: pytest.FixtureRequest, registry: Registry) -> FrameworkModel:
    framework, name = request.param
    require(framework)
    config = ModelConfig.model_validate({"embedding_size": 16, **MODELS[name]})
    return build_model(ModelPlan(config, 11, 13), registry, framework)


@pytest.fixture
def weights(model: FrameworkModel) -> dict[str, np.ndarray]:
    """Of a model, which has them now."""
    rng = np.random.default_rng(3)
    drawn = {n: rng.normal(0, 0.2, array.shape).astype(np.float32) for n, array in sorted(model.weights().items())}
    model.load_weights(drawn)
    return drawn


def test_the_first_loss_is_that_of_32_bits_within_the_rounding_of_16(
    model: FrameworkModel, weights: dict[str, np.ndarray], batch: Batch
) -> None:
    exact = model.loss(batch)
    rounded = model.optimizer(BF16).step([batch], learning_rate=0.0, seeds=[1])
    assert rounded == pytest.approx(exact, rel=2**-7)
    assert abs(rounded - exact) > 1e-6 * exact
    assert model.loss(batch) == exact  # validation and decoding stay what they are


def test_the_loss_falls_as_in_32_bits(model: FrameworkModel, weights: dict[str, np.ndarray], batch: Batch) -> None:
    curves = []
    for options in (OptimizerOptions(label_smoothing=0.1), BF16):
        model.load_weights(weights)
        optimizer = model.optimizer(options)
        curves.append([optimizer.step([batch], learning_rate=0.01, seeds=[n]) for n in range(12)])
    assert all(after < before for before, after in pairwise(curves[1]))
    np.testing.assert_allclose(curves[1], curves[0], rtol=0.03)
    assert curves[1] != curves[0]


def test_what_lasts_is_in_32_bits_and_goes_on_bit_by_bit(
    model: FrameworkModel, weights: dict[str, np.ndarray], batch: Batch
) -> None:
    optimizer = model.optimizer(BF16)
    for seed in (1, 2):
        optimizer.step([batch, batch], learning_rate=0.01, seeds=[seed, seed])
    middle, state = model.weights(), optimizer.state()
    optimizer.step([batch, batch], learning_rate=0.01, seeds=[3, 3])
    expected = {**model.weights(), **optimizer.state()}
    model.load_weights(middle)
    other = model.optimizer(BF16)
    other.load_state(state)
    other.step([batch, batch], learning_rate=0.01, seeds=[3, 3])
    for name, array in {**model.weights(), **other.state()}.items():
        np.testing.assert_array_equal(array, expected[name], err_msg=name)
        assert array.dtype == (np.float32 if name != "steps" else array.dtype)

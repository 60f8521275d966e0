"""Fixtures that tests share: a TensorFlow model beside the reference on the same random weights, and a padded batch."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from s2s_tensorflow.framework import TensorFlowFramework, TensorFlowModel
from s2s_toolkit.batches import Batch, make_batch
from s2s_toolkit.config_sections import ModelConfig
from s2s_toolkit.model import ModelPlan, build_parts, declared_weights
from s2s_toolkit.plugins import load_registry
from s2s_toolkit.reference import NumpyModel
from s2s_toolkit.registry import Registry
from s2s_toolkit.weights import initial_weights

SOURCE_SIZE, TARGET_SIZE = 11, 13
SMALL: dict[str, Any] = {
    "embedding_size": 5,
    "encoder": {"name": "gru", "size": 3},
    "attention": {"name": "additive", "size": 7},
    "decoder": {"name": "bahdanau", "size": 6},
}


@dataclass(frozen=True)
class Twins:
    """A TensorFlow model, its reference, and what both were built from."""

    plan: ModelPlan
    weights: dict[str, np.ndarray]
    reference: NumpyModel
    model: TensorFlowModel


@pytest.fixture(scope="session")
def registry() -> Registry:
    return load_registry()


@pytest.fixture(scope="session")
def twins(registry: Registry) -> Callable[..., Twins]:
    """Build twins; `sections` replace those of `SMALL`."""

    def build(**sections: Any) -> Twins:
        config = ModelConfig.model_validate({**SMALL, **sections})
        plan, parts = ModelPlan(config, SOURCE_SIZE, TARGET_SIZE), build_parts(config, registry, "numpy")
        rng = np.random.default_rng(3)
        drawn = initial_weights(declared_weights(plan, parts), seed=1)
        weights = {name: array + rng.normal(0, 0.3, array.shape).astype(np.float32) for name, array in drawn.items()}
        reference = NumpyModel(plan, parts)
        model = TensorFlowFramework().build(plan, build_parts(config, registry, "tensorflow"))
        for twin in (reference, model):
            twin.load_weights(weights)
        return Twins(plan, weights, reference, model)

    return build


@pytest.fixture(scope="session")
def draw_batch() -> Callable[..., Batch]:
    """Draw a batch of given source and target lengths, EOS not counted."""

    def draw(lengths: list[tuple[int, int]], seed: int = 5) -> Batch:
        rng = np.random.default_rng(seed)
        sources = [rng.integers(4, SOURCE_SIZE, source).tolist() for source, _ in lengths]
        targets = [rng.integers(4, TARGET_SIZE, target).tolist() for _, target in lengths]
        return make_batch(list(zip(sources, targets, strict=True)))

    return draw


@pytest.fixture(scope="session")
def batch(draw_batch: Callable[..., Batch]) -> Batch:
    """Four examples, all but the longest padded on both sides, one of them empty."""
    return draw_batch([(7, 3), (5, 5), (0, 1), (3, 0)])

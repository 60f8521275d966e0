"""Fixtures that tests share: models small enough to check by hand, and padded sources for them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from s2s_toolkit.batches import source_arrays
from s2s_toolkit.config import ModelConfig
from s2s_toolkit.model import ModelPlan, Parts, build_parts, declared_weights
from s2s_toolkit.reference import NumpyModel, NumpyStepper
from s2s_toolkit.registry import Registry, load_registry
from s2s_toolkit.weights import initial_weights

SMALL = {
    "encoder": {"name": "gru", "size": 3},
    "attention": {"name": "additive", "size": 7},
    "decoder": {"name": "bahdanau", "size": 5},
}


@dataclass(frozen=True)
class TinyModel:
    """A reference model on random weights, with what it was built from."""

    plan: ModelPlan
    parts: Parts
    weights: dict[str, np.ndarray]
    model: NumpyModel

    @property
    def stepper(self) -> NumpyStepper:
        return self.model.stepper()


@pytest.fixture(scope="session")
def registry() -> Registry:
    return load_registry()


@pytest.fixture(scope="session")
def tiny_model(registry: Registry) -> Callable[..., TinyModel]:
    """Build a tiny model; `sections` replace those of `SMALL`, `spread` makes targets depend on their sources."""

    def build(
        *, source_size: int = 11, target_size: int = 7, seed: int = 5, spread: float = 1.0, **sections: Any
    ) -> TinyModel:
        config = ModelConfig.model_validate({"embedding_size": 5, **SMALL, **sections})
        plan, parts = ModelPlan(config, source_size, target_size), build_parts(config, registry, "numpy")
        rng = np.random.default_rng(seed)
        drawn = initial_weights(declared_weights(plan, parts), seed)
        weights = {name: (w + rng.normal(0, spread, w.shape)).astype(np.float32) for name, w in drawn.items()}
        model = NumpyModel(plan, parts)
        model.load_weights(weights)
        return TinyModel(plan, parts, weights, model)

    return build


@pytest.fixture(scope="session")
def tiny_sources() -> Callable[..., tuple[np.ndarray, np.ndarray]]:
    """Draw sources of given lengths and append EOS: ids (B, S) and lengths (B,), as models take them."""

    def draw(lengths: Sequence[int], *, source_size: int = 11, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
        rng = np.random.default_rng(seed)
        return source_arrays([rng.integers(4, source_size, length).tolist() for length in lengths])

    return draw

"""Fixtures that tests share: models on random weights, and a batch with padding."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from s2s_toolkit.batches import Batch, make_batch
from s2s_toolkit.config_sections import ModelConfig
from s2s_toolkit.loading import build_model
from s2s_toolkit.model import ModelPlan, declared_weights, reference_parts
from s2s_toolkit.plugins import load_registry
from s2s_toolkit.registry import Registry
from s2s_toolkit.weights import initial_weights
from s2s_torch.framework import TorchModel

MODEL = {
    "embedding_size": 5,
    "encoder": {"name": "gru", "size": 3},
    "attention": {"name": "additive", "size": 7},
    "decoder": {"name": "bahdanau", "size": 6, "readout_size": 4},
}


@pytest.fixture(scope="session")
def registry() -> Registry:
    return load_registry()


@pytest.fixture(scope="session")
def make_model(registry: Registry) -> Callable[..., TorchModel]:
    """Build a model of 11 source and 13 target symbols; keywords replace sections of the config."""

    def make(framework: str = "torch", **sections: Any) -> TorchModel:
        config = ModelConfig.model_validate({**MODEL, **sections})
        plan = ModelPlan(config, source_size=11, target_size=13)
        model = build_model(plan, registry, framework)
        declared = declared_weights(plan, reference_parts(config, registry, framework))
        rng = np.random.default_rng(3)
        drawn = initial_weights({name: declared[name] for name in model.weights()}, seed=1)
        model.load_weights({n: a + rng.normal(0, 0.3, a.shape).astype(np.float32) for n, a in drawn.items()})
        return model

    return make


@pytest.fixture(scope="session")
def batch() -> Batch:
    rng = np.random.default_rng(5)
    lengths = [(7, 3), (5, 5), (0, 1), (3, 2)]
    return make_batch([(rng.integers(4, 11, s).tolist(), rng.integers(4, 13, t).tolist()) for s, t in lengths])

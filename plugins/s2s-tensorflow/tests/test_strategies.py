"""Decoding strategies are portable: on TensorFlow they choose what they choose on numpy."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from s2s_tensorflow.namespace import TensorFlowNamespace
from s2s_toolkit.arrays import NumpyNamespace
from s2s_toolkit.registry import Registry
from s2s_toolkit.strategies.contract import NEVER


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("greedy", {}),
        ("beam", {"beam_size": 3, "n_best": 2, "length_penalty": 0.6}),
        ("sample", {"num_samples": 2, "temperature": 1.3, "top_k": 6, "top_p": 0.9}),
    ],
)
def test_strategy_runs_on_tensorflow(registry: Registry, name: str, options: dict[str, Any]) -> None:
    strategy = registry.load("decoding strategy", name)(**options)
    source_ids = np.array([[5, 6, 3], [7, 3, 0], [3, 0, 0]])
    settings = {"max_length": np.int64(9)} | {
        key: np.asarray(value, np.int64 if isinstance(value, int) else np.float32)
        for key, value in strategy.settings.items()
    }
    found = _decoded(TensorFlowNamespace(), strategy, tf.constant(source_ids), settings)
    for one, other in zip(found, _decoded(NumpyNamespace(), strategy, source_ids, settings), strict=True):
        np.testing.assert_allclose(np.asarray(one), other, rtol=1e-5)


def _decoded(xp: Any, strategy: Any, source_ids: Any, settings: dict[str, np.ndarray]) -> list[Any]:
    """All that a strategy says in four steps on random log-probabilities."""
    rng, said = np.random.default_rng(3), []
    search = strategy.start(xp, source_ids)
    typed = {key: xp.asarray(value) for key, value in settings.items()}
    for _ in range(4):
        logits = rng.normal(0, 2, (3, strategy.rows, 11)).astype(np.float32)
        logits[..., :3] = NEVER
        advance = strategy.advance(xp, xp.log_softmax(xp.asarray(logits)), search, typed)
        search = advance.search
        said += [advance.ids, advance.parents, strategy.done(xp, search, typed)]
    return [*said, *strategy.finish(xp, search, typed)]

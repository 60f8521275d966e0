"""Decoding strategies are portable: on PyTorch they choose what they choose on numpy, under every constraint."""

from typing import Any

import numpy as np
import pytest
import torch

from s2s_toolkit.arrays import NumpyNamespace
from s2s_toolkit.registry import Registry
from s2s_toolkit.search import typed_settings
from s2s_toolkit.strategies.constraints import ConstrainedStrategy
from s2s_toolkit.strategies.contract import NEVER, DecodingStrategy, Step
from s2s_toolkit.symbols import PAD
from s2s_torch.namespace import TorchNamespace

SOURCE_IDS = np.array([[5, 6, 3], [7, 3, 0], [3, 0, 0]])
PREFIXES = np.array([[4, 8], [5, PAD], [PAD, PAD]])
STRATEGIES = [
    ("greedy", {}),
    ("beam", {"beam_size": 3, "n_best": 2, "length_penalty": 0.6}),
    ("beam", {"beam_size": 4, "coverage_penalty": 0.6, "no_repeat_ngram_size": 2}),
    ("sample", {"num_samples": 2, "temperature": 1.3, "no_repeat_ngram_size": 1}),
    ("sample", {"num_samples": 2, "temperature": 1.3, "top_k": 6, "top_p": 0.9}),
]


@pytest.mark.parametrize("prefix_ids", [PREFIXES, PREFIXES[:, :0]], ids=["prefixes", "no prefixes"])
@pytest.mark.parametrize(("name", "options"), STRATEGIES)
def test_strategy_runs_on_torch(registry: Registry, name: str, options: dict[str, Any], prefix_ids: np.ndarray) -> None:
    strategy = registry.load("decoding strategy", name)(**options)
    found, expected = (
        _decoded(xp, convert, strategy, prefix_ids)
        for xp, convert in ((TorchNamespace(), torch.asarray), (NumpyNamespace(), np.asarray))
    )
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(np.asarray(one), other, rtol=1e-5)


def _decoded(xp: Any, convert: Any, strategy: DecodingStrategy, prefix_ids: np.ndarray) -> list[Any]:
    """All that a strategy says in five steps on random log-probabilities and attention."""
    rng, said = np.random.default_rng(3), []
    settings = {name: convert(value) for name, value in typed_settings(strategy, {"min_length": 4}).items()}
    constrained = ConstrainedStrategy(xp, strategy, settings, convert(prefix_ids))
    search = constrained.start(convert(SOURCE_IDS))
    for number in range(5):
        logits = rng.normal(0, 2, (3, strategy.rows, 9)).astype(np.float32)
        logits[..., [0, 2]] = NEVER
        attention = rng.dirichlet(np.ones(3), (3, strategy.rows)).astype(np.float32)
        step = Step(convert(np.int64(number)), xp.log_softmax(convert(logits)), convert(attention))
        advance = constrained.advance(step, search)
        search = advance.search
        said += [advance.ids, advance.parents, constrained.done(search)]
    return [*said, *constrained.finish(search)]

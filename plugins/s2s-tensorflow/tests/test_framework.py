"""What the core asks of the framework: decoding, and graphs that are traced once."""

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest

from s2s_tensorflow.framework import TensorFlowFramework
from s2s_toolkit.batches import Batch
from s2s_toolkit.contracts import OptimizerOptions
from s2s_toolkit.errors import UnsupportedError
from s2s_toolkit.model import build_parts
from s2s_toolkit.registry import Registry
from s2s_toolkit.search import search

MODELS: dict[str, dict[str, Any]] = {
    "bahdanau": {"decoder": {"name": "bahdanau", "size": 5, "readout_size": 4, "num_layers": 2}},
    "luong fed": {"decoder": {"name": "luong", "size": 5, "cell": "lstm"}},
    "luong unfed": {"decoder": {"name": "luong", "size": 5, "input_feeding": False}},
}
STRATEGIES: dict[str, dict[str, Any]] = {
    "greedy": {},
    "beam": {"beam_size": 4, "n_best": 3, "length_penalty": 0.6},
    "sample": {"num_samples": 2, "temperature": 1.2, "top_k": 8, "top_p": 0.95, "seed": 7},
}


@pytest.fixture(scope="module", params=MODELS)
def pair(request: pytest.FixtureRequest, twins: Callable[..., Any]) -> Any:
    return twins(**MODELS[request.param])


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_search_finds_what_the_reference_finds(pair: Any, batch: Batch, registry: Registry, strategy: str) -> None:
    chosen = registry.load("decoding strategy", strategy)(**STRATEGIES[strategy])
    found, expected = (
        search(model.stepper(), chosen, batch.source_ids, batch.source_lengths, {"max_length": 9})
        for model in (pair.model, pair.reference)
    )
    np.testing.assert_array_equal(found.ids, expected.ids)
    np.testing.assert_allclose(found.scores, expected.scores, atol=1e-5)
    np.testing.assert_allclose(found.attention, expected.attention, atol=1e-5)


def test_select_takes_rows_of_the_state_and_leaves_the_memory(pair: Any, batch: Batch) -> None:
    stepper = pair.model.stepper()
    memory, state = stepper.start(batch.source_ids, batch.source_lengths, 2)
    _, _, (memory, state) = stepper.step(np.arange(4, 12), (memory, state))
    rows = np.array([1, 0, 2, 2, 5, 5, 7, 6])
    kept, selected = stepper.select((memory, state), rows)
    assert all(one is other for one, other in zip(kept, memory, strict=True))
    for name, value in state.items():
        np.testing.assert_array_equal(selected[name].numpy(), value.numpy()[rows])


def test_copies_stand_side_by_side(pair: Any, batch: Batch) -> None:
    stepper = pair.model.stepper()
    one, three = (stepper.start(batch.source_ids, batch.source_lengths, copies) for copies in (1, 3))
    for single, copied in zip((*one[0], *one[1].values()), (*three[0], *three[1].values()), strict=True):
        np.testing.assert_array_equal(np.repeat(single.numpy(), 3, axis=0), copied.numpy())


def test_the_vocabulary_size_is_known(pair: Any) -> None:
    assert pair.model.stepper().vocabulary_size == pair.plan.target_size


def test_every_graph_is_traced_once(pair: Any, draw_batch: Callable[..., Batch]) -> None:
    """Whatever the numbers of rows and symbols: tracing takes seconds."""
    model, optimizer = pair.model, pair.model.optimizer(OptimizerOptions(clip_norm=1.0))
    weights = model.weights()
    for lengths in ([(1, 1)], [(7, 3), (5, 5)], [(0, 0), (2, 9), (4, 1)]):
        batch = draw_batch(lengths)
        optimizer.step([batch], learning_rate=1e-3, seeds=[1])
        model.teacher_forced(batch)
        model.loss(batch)
        model.gradients(batch)
        stepper = model.stepper()
        state = stepper.start(batch.source_ids, batch.source_lengths, 2)
        _, _, state = stepper.step(np.full(2 * len(lengths), 4), state)
        stepper.select(state, np.arange(2 * len(lengths)))
    model.load_weights(weights)
    graphs = [optimizer._step, model._teacher_forced, model._loss, model._gradients]
    graphs += [stepper._start, stepper._step, stepper._select]
    assert [graph.experimental_get_tracing_count() for graph in graphs] == [1] * len(graphs)


def test_loaded_weights_reach_the_traced_graphs(twins: Callable[..., Any], batch: Batch) -> None:
    pair = twins()
    before = pair.model.loss(batch)
    pair.model.load_weights({name: 2 * array for name, array in pair.weights.items()})
    pair.reference.load_weights({name: 2 * array for name, array in pair.weights.items()})
    np.testing.assert_allclose(pair.model.loss(batch), pair.reference.loss(batch), rtol=1e-5)
    assert pair.model.loss(batch) != pytest.approx(before)


def test_another_keras_backend_is_refused(pair: Any, registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keras.config, "backend", lambda: "jax")
    with pytest.raises(UnsupportedError, match="runs on 'jax' here; set KERAS_BACKEND=tensorflow"):
        TensorFlowFramework().build(pair.plan, build_parts(pair.plan.config, registry, "tensorflow"))


def test_registering_imports_no_framework() -> None:
    code = "import sys, s2s_tensorflow.plugin; sys.exit(any(name in sys.modules for name in ('tensorflow', 'keras')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

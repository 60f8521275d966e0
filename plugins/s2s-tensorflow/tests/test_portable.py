"""Portable parts run as they are, and as layers they learn."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from s2s_tensorflow.framework import TensorFlowFramework
from s2s_toolkit.batches import Batch
from s2s_toolkit.contracts import OptimizerOptions
from s2s_toolkit.model import build_parts
from s2s_toolkit.registry import Registry
from s2s_toolkit.weights import Weight


class MeanEncoder:
    """A portable encoder: one layer at every position; the summary is the mean of the real ones."""

    def __init__(self, input_size: int, memory_size: int) -> None:
        self.input_size, self.memory_size = input_size, memory_size

    def weights(self) -> dict[str, Weight]:
        return {"keys": Weight((self.input_size, self.memory_size)), "score.bias": Weight((self.memory_size,))}

    def encode(self, xp: Any, weights: Mapping[str, Any], inputs: Any, lengths: Any) -> tuple[Any, Any]:
        outputs = xp.tanh(xp.matmul(inputs, weights["keys"]) + weights["score.bias"])
        lengths = xp.expand_dims(xp.expand_dims(lengths, axis=1), axis=2)
        positions = xp.cumulative_sum(xp.ones_like(outputs), axis=1)  # from 1
        memory = xp.where(positions <= xp.astype(lengths, xp.float32), outputs, 0.0)
        return memory, xp.sum(memory, axis=1) / xp.astype(xp.squeeze(lengths, axis=2), xp.float32)


@pytest.mark.parametrize(
    "decoder",
    [
        {"name": "bahdanau", "size": 5, "num_layers": 2, "readout_size": 4},
        {"name": "luong", "size": 5, "cell": "lstm"},
        {"name": "luong", "size": 5, "input_feeding": False},
    ],
    ids=["bahdanau", "luong fed", "luong unfed"],
)
def test_portable_decoder_equals_the_native_one(
    twins: Callable[..., Any], registry: Registry, batch: Batch, decoder: dict[str, Any]
) -> None:
    """The reference decoders are portable."""
    pair = twins(decoder=decoder)
    parts = build_parts(pair.plan.config, registry, "tensorflow")
    reference = build_parts(pair.plan.config, registry, "numpy")
    portable = TensorFlowFramework().build(pair.plan, dataclasses.replace(parts, decoder=reference.decoder))
    assert portable.weights().keys() == pair.weights.keys()
    portable.load_weights(pair.weights)
    for one, other in zip(portable.teacher_forced(batch), pair.model.teacher_forced(batch), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)
    gradients = pair.model.gradients(batch)
    for name, gradient in portable.gradients(batch).items():
        np.testing.assert_allclose(gradient, gradients[name], atol=1e-5, err_msg=name)
    step, native = (
        model.stepper().step(np.full(4, 5), model.stepper().start(batch.source_ids, batch.source_lengths, 1))
        for model in (portable, pair.model)
    )
    np.testing.assert_allclose(step[0], native[0], atol=1e-5)


def test_portable_encoder_runs_and_learns(twins: Callable[..., Any], registry: Registry, batch: Batch) -> None:
    """Its weights may be called like methods of a layer."""
    plan = twins().plan
    parts = build_parts(plan.config, registry, "tensorflow")
    encoder = MeanEncoder(plan.config.embedding_size, parts.encoder.memory_size)
    model = TensorFlowFramework().build(plan, dataclasses.replace(parts, encoder=encoder))
    before = model.weights()
    assert {"encoder.keys", "encoder.score.bias"} < before.keys()
    optimizer = model.optimizer(OptimizerOptions(clip_norm=1.0))
    losses = [optimizer.step([batch], learning_rate=0.05, seeds=[1]) for _ in range(8)]
    assert losses[-1] < losses[0]
    assert not np.array_equal(model.weights()["encoder.keys"], before["encoder.keys"])

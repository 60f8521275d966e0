"""The TensorFlow model equals the numpy reference on random weights."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from s2s_toolkit.batches import Batch

ENCODERS = {
    f"{cell} {layers} {'both ways' if both else 'one way'}": {
        "encoder": {"name": cell, "size": 3, "num_layers": layers, "bidirectional": both}
    }
    for cell in ("gru", "lstm")
    for layers in (1, 2)
    for both in (True, False)
}
SCORERS: dict[str, dict[str, Any]] = {
    name: {"attention": {"name": name}} for name in ("additive", "dot", "general", "scaled_dot", "concat")
}
DECODERS = {
    f"{name} {cell} {' '.join(f'{key}={value}' for key, value in options.items())}": {
        "decoder": {"name": name, "cell": cell, "size": 5, **options}
    }
    for cell in ("gru", "lstm")
    for name, options in (
        ("bahdanau", {}),
        ("bahdanau", {"num_layers": 2, "readout_size": 11}),
        ("luong", {}),
        ("luong", {"num_layers": 2, "readout_size": 11}),
        ("luong", {"input_feeding": False}),
        ("luong", {"input_feeding": False, "num_layers": 2, "readout_size": 4}),
    )
}
MODELS = ENCODERS | SCORERS | DECODERS


@pytest.mark.parametrize("sections", MODELS.values(), ids=MODELS)
def test_model_equals_reference(twins: Callable[..., Any], batch: Batch, sections: dict[str, Any]) -> None:
    pair = twins(dropout=0.5, **sections)  # which only training draws
    logits, attention = pair.model.teacher_forced(batch)
    expected_logits, expected_attention = pair.reference.teacher_forced(batch)
    real = batch.target_mask
    np.testing.assert_allclose(logits[real], expected_logits[real], atol=1e-5)
    np.testing.assert_allclose(attention[real], expected_attention[real], atol=1e-5)
    np.testing.assert_allclose(pair.model.loss(batch), pair.reference.loss(batch), rtol=1e-5)


def test_padding_gets_no_attention(twins: Callable[..., Any], batch: Batch) -> None:
    _, attention = twins().model.teacher_forced(batch)
    padding = np.arange(batch.source_ids.shape[1]) >= batch.source_lengths[:, None]  # (B, S)
    assert np.all(attention.transpose(0, 2, 1)[padding] == 0)
    np.testing.assert_allclose(attention.sum(axis=-1), 1, rtol=1e-5)


@pytest.mark.parametrize("sections", [{}, ENCODERS["lstm 2 both ways"]], ids=["gru", "lstm"])
def test_memory_is_zero_on_padding(twins: Callable[..., Any], batch: Batch, sections: dict[str, Any]) -> None:
    (memory, _, mask), _ = twins(**sections).model.stepper().start(batch.source_ids, batch.source_lengths, 1)
    assert np.all(memory.numpy()[~mask.numpy()] == 0)
    assert np.all(memory.numpy()[mask.numpy()] != 0)


@pytest.mark.parametrize("sections", [{}, DECODERS["luong lstm "]], ids=["bahdanau", "luong"])
def test_batched_equals_single(
    twins: Callable[..., Any], draw_batch: Callable[..., Batch], sections: dict[str, Any]
) -> None:
    model = twins(**sections).model
    together = draw_batch([(7, 3), (5, 5), (0, 1), (3, 0)])
    logits, attention = model.teacher_forced(together)
    losses = []
    for row, (source, target) in enumerate(zip(together.source_lengths, together.target_mask.sum(axis=1), strict=True)):
        alone = Batch(
            together.source_ids[row : row + 1, :source],
            together.source_lengths[row : row + 1],
            together.target_in[row : row + 1, :target],
            together.target_out[row : row + 1, :target],
            together.target_mask[row : row + 1, :target],
        )
        single_logits, single_attention = model.teacher_forced(alone)
        np.testing.assert_allclose(logits[row, :target], single_logits[0], atol=1e-5)
        np.testing.assert_allclose(attention[row, :target, :source], single_attention[0], atol=1e-5)
        losses.append(model.loss(alone))
    np.testing.assert_allclose(model.loss(together), sum(losses), rtol=1e-5)

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

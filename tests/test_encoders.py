"""Encoders: directions mirror each other, layers are stacked."""

import numpy as np
import pytest

from s2s_toolkit.arrays import NumpyNamespace
from s2s_toolkit.parts.cells import CELLS
from s2s_toolkit.parts.encoders import GruEncoder, LstmEncoder
from s2s_toolkit.weights import under

XP = NumpyNamespace()
ENCODERS = {"gru": GruEncoder, "lstm": LstmEncoder}
INPUT_SIZE, SIZE = 3, 5
LENGTHS = np.array([7, 1, 4])
REAL = np.arange(7) < LENGTHS[:, None]  # (B, S)

each_encoder = pytest.mark.parametrize("name", ENCODERS)


def make(name, **options):
    """An encoder and random weights for it."""
    rng, encoder = np.random.default_rng(1), ENCODERS[name](INPUT_SIZE, size=SIZE, **options)
    return encoder, {key: rng.normal(size=w.shape).astype(np.float32) for key, w in encoder.weights().items()}


@pytest.fixture
def inputs():
    """Three embedded sources of lengths 7, 1 and 4, with zeros for padding (B, S, I)."""
    values = np.random.default_rng(2).normal(size=(3, 7, INPUT_SIZE)).astype(np.float32)
    return np.where(REAL[..., None], values, 0).astype(np.float32)


@each_encoder
def test_one_layer_in_one_direction_is_the_cell_step_by_step(name, inputs):
    encoder, weights = make(name, bidirectional=False)
    memory, summary = encoder.encode(XP, weights, inputs[:1], LENGTHS[:1])
    cell, own = CELLS[name], under(weights, "layers.0.forward")
    state = {entry: np.zeros((1, SIZE), np.float32) for entry in cell.entries}
    for position in range(7):
        state = cell.step(XP, own, cell.project(XP, own, inputs[:1, position]), state)
        np.testing.assert_allclose(memory[:, position], state["hidden"], atol=1e-6)
    np.testing.assert_allclose(summary, state["hidden"], atol=1e-6)


@each_encoder
def test_backward_equals_forward_over_the_reversed_source(name, inputs):
    encoder, weights = make(name)
    for key in under(weights, "layers.0.backward"):
        weights[f"layers.0.backward.{key}"] = weights[f"layers.0.forward.{key}"]
    memory, summary = encoder.encode(XP, weights, inputs[:1], LENGTHS[:1])
    mirrored, mirrored_summary = encoder.encode(XP, weights, inputs[:1, ::-1], LENGTHS[:1])
    np.testing.assert_allclose(memory[:, :, SIZE:], mirrored[:, ::-1, :SIZE], atol=1e-6)
    np.testing.assert_allclose(summary[:, SIZE:], mirrored_summary[:, :SIZE], atol=1e-6)


@each_encoder
def test_summary_is_the_last_state_forwards_and_the_first_backwards(name, inputs):
    encoder, weights = make(name, num_layers=3)
    memory, summary = encoder.encode(XP, weights, inputs, LENGTHS)
    np.testing.assert_array_equal(summary[:, :SIZE], memory[np.arange(3), LENGTHS - 1, :SIZE])
    np.testing.assert_array_equal(summary[:, SIZE:], memory[:, 0, SIZE:])


@each_encoder
def test_second_layer_reads_the_first(name, inputs):
    deep, weights = make(name, num_layers=2)
    first, _ = make(name)
    second = ENCODERS[name](2 * SIZE, size=SIZE)
    memory, _ = first.encode(XP, {k: v for k, v in weights.items() if k.startswith("layers.0.")}, inputs, LENGTHS)
    above = {k.replace("layers.1.", "layers.0."): v for k, v in weights.items() if k.startswith("layers.1.")}
    for expected, found in zip(
        second.encode(XP, above, memory, LENGTHS), deep.encode(XP, weights, inputs, LENGTHS), strict=True
    ):
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(("bidirectional", "memory_size"), [(True, 10), (False, 5)])
@each_encoder
def test_memory_and_summary_have_the_promised_size(name, bidirectional, memory_size, inputs):
    encoder, weights = make(name, bidirectional=bidirectional, num_layers=2)
    memory, summary = encoder.encode(XP, weights, inputs, LENGTHS)
    assert encoder.memory_size == memory_size
    assert memory.shape == (3, 7, memory_size)
    assert summary.shape == (3, memory_size)


@each_encoder
def test_only_the_forward_direction_is_blind_to_what_comes(name, inputs):
    encoder, weights = make(name)
    changed = inputs.copy()
    changed[0, 6] += 1
    before, _ = encoder.encode(XP, weights, inputs, LENGTHS)
    after, _ = encoder.encode(XP, weights, changed, LENGTHS)
    np.testing.assert_array_equal(before[0, :6, :SIZE], after[0, :6, :SIZE])
    assert np.all(np.abs(before[0, :, SIZE:] - after[0, :, SIZE:]).max(axis=-1) > 0)


@each_encoder
def test_outputs_of_each_layer_are_normalized_over_both_directions_and_padding_stays_zero(name, inputs):
    normed, weights = make(name, layer_norm=True)
    plain, _ = make(name)
    own = under(weights, "norms.0")
    for found, before in zip(
        normed.encode(XP, weights, inputs, LENGTHS), plain.encode(XP, weights, inputs, LENGTHS), strict=True
    ):
        deviations = before - before.mean(axis=-1, keepdims=True)
        expected = deviations / np.sqrt(before.var(axis=-1, keepdims=True) + 1e-5) * own["scale"] + own["bias"]
        real = REAL[..., None] if found.ndim == 3 else True
        np.testing.assert_allclose(found, np.where(real, expected, 0), atol=1e-5)
        assert found.dtype == np.float32


@each_encoder
def test_second_layer_reads_the_normalized_first(name, inputs):
    deep, weights = make(name, num_layers=2, layer_norm=True)
    first, _ = make(name, layer_norm=True)
    second = ENCODERS[name](2 * SIZE, size=SIZE, layer_norm=True)
    memory, _ = first.encode(XP, weights, inputs, LENGTHS)
    above = {k.replace("s.1.", "s.0."): v for k, v in weights.items() if "s.1." in k}
    for expected, found in zip(
        second.encode(XP, above, memory, LENGTHS), deep.encode(XP, weights, inputs, LENGTHS), strict=True
    ):
        np.testing.assert_allclose(found, expected, atol=1e-6)

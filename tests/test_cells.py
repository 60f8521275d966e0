"""Recurrent cells: each step is the paper's formula, gate by gate, in plain Python floats."""

import math

import numpy as np
import pytest

from s2s_toolkit.arrays import NumpyNamespace
from s2s_toolkit.parts.cells import CELLS
from s2s_toolkit.weights import initial_weights

XP = NumpyNamespace()
INPUT_SIZE, SIZE, BATCH = 3, 5, 7
each_cell = pytest.mark.parametrize("name", CELLS)


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


def dot(vector, matrix, column):
    return sum(float(x) * float(matrix[i, column]) for i, x in enumerate(vector))


def gru_step(w, x, h):
    """Cho et al. (2014), the reset gate after the recurrent product; gates r z n."""

    def gate(block, unit):
        column = block * SIZE + unit
        given = dot(x, w["input_kernel"], column) + float(w["input_bias"][column])
        return given, dot(h, w["recurrent_kernel"], column) + float(w["recurrent_bias"][column])

    new = []
    for unit in range(SIZE):
        reset, update = sigmoid(sum(gate(0, unit))), sigmoid(sum(gate(1, unit)))
        given, recurrent = gate(2, unit)
        new.append((1 - update) * math.tanh(given + reset * recurrent) + update * float(h[unit]))
    return {"hidden": new}


def lstm_step(w, x, h, c):
    """Gers et al. (2000), gates i f g o."""

    def gate(block, unit):
        column = block * SIZE + unit
        return dot(x, w["input_kernel"], column) + dot(h, w["recurrent_kernel"], column) + float(w["bias"][column])

    units = range(SIZE)
    cells = [sigmoid(gate(1, u)) * float(c[u]) + sigmoid(gate(0, u)) * math.tanh(gate(2, u)) for u in units]
    return {"hidden": [sigmoid(gate(3, u)) * math.tanh(cells[u]) for u in units], "cell": cells}


FORMULAS = {"gru": gru_step, "lstm": lstm_step}


def random_case(name):
    """A cell, its weights, inputs (B, I) and a state (B, H)."""
    rng, cell = np.random.default_rng(1), CELLS[name]
    shapes = {array: weight.shape for array, weight in cell.weights(INPUT_SIZE, SIZE).items()}
    weights = {array: rng.normal(size=shape).astype(np.float32) for array, shape in shapes.items()}
    inputs = rng.normal(size=(BATCH, INPUT_SIZE)).astype(np.float32)
    return cell, weights, inputs, {entry: rng.normal(size=(BATCH, SIZE)).astype(np.float32) for entry in cell.entries}


def step(cell, weights, inputs, state):
    return cell.step(XP, weights, cell.project(XP, weights, inputs), state)


@each_cell
def test_step_is_the_formula(name):
    cell, weights, inputs, state = random_case(name)
    new = step(cell, weights, inputs, state)
    assert tuple(new) == cell.entries
    for row in range(BATCH):
        expected = FORMULAS[name](weights, inputs[row], *(state[entry][row] for entry in cell.entries))
        for entry in cell.entries:
            np.testing.assert_allclose(new[entry][row], expected[entry], atol=1e-5)


@each_cell
def test_state_stays_float32(name):
    assert {array.dtype for array in step(*random_case(name)).values()} == {np.dtype(np.float32)}


@each_cell
def test_sequence_may_be_projected_at_once(name):
    cell, weights, _, _ = random_case(name)
    sequence = np.random.default_rng(2).normal(size=(BATCH, 11, INPUT_SIZE)).astype(np.float32)
    projected = cell.project(XP, weights, sequence)
    for position in range(11):
        alone = cell.project(XP, weights, sequence[:, position])
        np.testing.assert_allclose(projected[:, position], alone, atol=1e-5)


def test_open_update_gate_of_a_gru_keeps_the_state():
    cell, weights, inputs, state = random_case("gru")
    weights["input_bias"][SIZE : 2 * SIZE] = 100
    np.testing.assert_allclose(step(cell, weights, inputs, state)["hidden"], state["hidden"], atol=1e-6)


def test_closed_reset_gate_of_a_gru_forgets_the_state_but_for_the_update():
    cell, weights, inputs, state = random_case("gru")
    weights["input_bias"][: 2 * SIZE] = -100
    new = np.tanh(cell.project(XP, weights, inputs)[:, 2 * SIZE :])
    np.testing.assert_allclose(step(cell, weights, inputs, state)["hidden"], new, atol=1e-6)


def test_open_forget_gate_of_an_lstm_keeps_the_cell():
    cell, weights, inputs, state = random_case("lstm")
    weights["bias"][:SIZE], weights["bias"][SIZE : 2 * SIZE] = -100, 100
    np.testing.assert_allclose(step(cell, weights, inputs, state)["cell"], state["cell"], atol=1e-6)


def test_closed_output_gate_of_an_lstm_hides_the_cell():
    cell, weights, inputs, state = random_case("lstm")
    weights["bias"][3 * SIZE :] = -100
    np.testing.assert_allclose(step(cell, weights, inputs, state)["hidden"], 0, atol=1e-6)


def test_lstm_starts_with_an_open_forget_gate():
    bias = initial_weights(CELLS["lstm"].weights(INPUT_SIZE, SIZE), seed=1)["bias"]
    np.testing.assert_array_equal(bias.reshape(4, SIZE), np.repeat([[0], [1], [0], [0]], SIZE, axis=1))


@pytest.mark.parametrize("x", [-1e4, 1e4])
@each_cell
def test_extreme_inputs_stay_finite(name, x):
    cell, weights, inputs, state = random_case(name)
    with np.errstate(over="raise", invalid="raise"):
        new = step(cell, weights, inputs * np.float32(x), state)
    assert all(np.isfinite(array).all() for array in new.values())

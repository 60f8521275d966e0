"""Decoders: what the state holds, in which order attention and cell come, and what feeds what."""

import numpy as np
import pytest

from s2s_toolkit.arrays import NumpyNamespace
from s2s_toolkit.parts.attention import Memory, attend_step
from s2s_toolkit.parts.cells import CELLS
from s2s_toolkit.parts.decoders import BahdanauDecoder, LuongDecoder
from s2s_toolkit.parts.scorers import GeneralScorer
from s2s_toolkit.weights import under

XP = NumpyNamespace()
DECODERS = {"bahdanau": BahdanauDecoder, "luong": LuongDecoder}
E, M, Q, S, B = 3, 7, 5, 11, 4

each_decoder = pytest.mark.parametrize("name", DECODERS)
each_cell = pytest.mark.parametrize("cell", ["gru", "lstm"])


class Case:
    """A decoder on random weights, a memory of B sources, and one target symbol for each."""

    def __init__(self, name, **options):
        rng = np.random.default_rng(1)

        def normal(*shape):
            return rng.normal(size=shape).astype(np.float32)

        self.decoder = DECODERS[name](E, M, **{"size": Q, **options})
        self.scorer = GeneralScorer(Q, M)
        self.weights = {key: normal(*weight.shape) for key, weight in self.decoder.weights().items()}
        self.kernel = {"key.kernel": normal(M, Q)}
        values, mask = normal(B, S, M), np.arange(S) < np.array([[11], [7], [5], [3]])
        self.memory = Memory(values, self.scorer.keys(XP, self.kernel, values), mask)
        self.summary, self.previous = normal(B, M), normal(B, E)

    def start(self):
        return self.decoder.start(XP, self.weights, self.summary)

    def step(self, previous, state):
        def attend(query):
            return attend_step(XP, self.scorer, self.kernel, query, self.memory)

        return self.decoder.step(XP, self.weights, previous, state, attend)


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({"cell": "gru"}, {"hidden_0"}),
        ({"cell": "lstm"}, {"hidden_0", "cell_0"}),
        ({"cell": "lstm", "num_layers": 2}, {"hidden_0", "cell_0", "hidden_1", "cell_1"}),
    ],
)
@each_decoder
def test_state_holds_the_entries_of_each_layer(name, options, names):
    state = Case(name, **options, **({"input_feeding": False} if name == "luong" else {})).start()
    assert {entry: array.shape for entry, array in state.items()} == dict.fromkeys(names, (B, Q))


def test_input_feeding_adds_the_readout_to_the_state():
    state = Case("luong", readout_size=6).start()
    assert {entry: array.shape for entry, array in state.items()} == {"hidden_0": (B, Q), "readout": (B, 6)}
    assert np.all(state["readout"] == 0)


@each_decoder
def test_first_hidden_states_are_bridged_from_the_summary_and_cells_are_zero(name):
    case = Case(name, cell="lstm", num_layers=2)
    bridged = np.tanh(case.summary @ case.weights["bridge.kernel"] + case.weights["bridge.bias"])
    state = case.start()
    np.testing.assert_allclose(np.concatenate([state["hidden_0"], state["hidden_1"]], axis=1), bridged, atol=1e-6)
    assert not state["cell_0"].any()
    assert not state["cell_1"].any()


@each_decoder
def test_a_copying_bridge_starts_every_layer_with_the_summary(name):
    case = Case(name, cell="lstm", num_layers=2, bridge="copy", size=M)
    state = case.start()
    np.testing.assert_array_equal(state["hidden_0"], case.summary)
    np.testing.assert_array_equal(state["hidden_1"], case.summary)
    assert not state["cell_0"].any()
    assert "bridge.kernel" not in case.weights


@each_decoder
def test_a_zero_bridge_starts_with_zeros(name):
    case = Case(name, num_layers=2, bridge="zero")
    state = case.start()
    assert {entry: array.shape for entry, array in state.items() if entry != "readout"} == {
        "hidden_0": (B, Q),
        "hidden_1": (B, Q),
    }
    assert not any(array.any() for array in state.values())
    assert "bridge.kernel" not in case.weights


def normalized(case, layer, hidden):
    """By another way than the part's: deviations over their own deviation."""
    weights = under(case.weights, f"norms.{layer}")
    deviations = hidden - hidden.mean(axis=-1, keepdims=True)
    return deviations / np.sqrt(hidden.var(axis=-1, keepdims=True) + 1e-5) * weights["scale"] + weights["bias"]


def test_bahdanau_attends_and_reads_out_with_normalized_outputs():
    case = Case("bahdanau", num_layers=2, layer_norm=True)
    start = case.start()
    readout, attention, state = case.step(case.previous, start)
    query = normalized(case, 1, start["hidden_1"])
    expected = attend_step(XP, case.scorer, case.kernel, query, case.memory)[1]
    np.testing.assert_allclose(attention, expected, atol=1e-5)
    np.testing.assert_allclose(readout, normalized(case, 1, state["hidden_1"]), atol=1e-5)


def test_luong_attends_and_reads_out_with_normalized_outputs():
    case = Case("luong", layer_norm=True)
    readout, attention, state = case.step(case.previous, case.start())
    top = normalized(case, 0, state["hidden_0"])
    context, expected = attend_step(XP, case.scorer, case.kernel, top, case.memory)
    np.testing.assert_allclose(attention, expected, atol=1e-5)
    np.testing.assert_allclose(readout, np.concatenate([top, context], axis=1), atol=1e-4)


@each_cell
def test_the_layer_above_reads_normalized_outputs_and_cells_carry_what_is_not(cell):
    case = Case("luong", cell=cell, num_layers=2, layer_norm=True, input_feeding=False)
    start = case.start()
    state = case.step(case.previous, start)[2]
    lower, upper = ({entry: start[f"{entry}_{layer}"] for entry in CELLS[cell].entries} for layer in (0, 1))
    np.testing.assert_allclose(state["hidden_0"], cell_step(cell, case, case.previous, lower), atol=1e-5)
    expected = cell_step(cell, case, normalized(case, 0, state["hidden_0"]), upper, layer=1)
    np.testing.assert_allclose(state["hidden_1"], expected, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "options", "size"),
    [
        ("bahdanau", {}, Q),
        ("bahdanau", {"readout_size": 6}, 6),
        ("luong", {}, Q + M),
        ("luong", {"readout_size": 6}, 6),
        ("luong", {"readout_size": 6, "input_feeding": False}, 6),
    ],
)
def test_readout_has_the_promised_size(name, options, size):
    case = Case(name, **options)
    readout, attention, _ = case.step(case.previous, case.start())
    assert case.decoder.readout_size == size
    assert readout.shape == (B, size)
    assert attention.shape == (B, S)


def test_bahdanau_attends_with_the_state_before_the_cell():
    case = Case("bahdanau", num_layers=2)
    state = case.start()
    _, attention, _ = case.step(case.previous, state)
    query = state["hidden_1"]
    np.testing.assert_array_equal(attention, attend_step(XP, case.scorer, case.kernel, query, case.memory)[1])
    np.testing.assert_array_equal(attention, case.step(case.previous + 1, state)[1])


def test_luong_attends_with_the_state_after_the_cell():
    case = Case("luong", num_layers=2)
    _, attention, state = case.step(case.previous, case.start())
    query = state["hidden_1"]
    np.testing.assert_array_equal(attention, attend_step(XP, case.scorer, case.kernel, query, case.memory)[1])
    assert np.abs(attention - case.step(case.previous + 1, case.start())[1]).max() > 1e-3


@each_cell
def test_bahdanau_cell_reads_the_embedding_and_the_context(cell):
    case = Case("bahdanau", cell=cell)
    start = case.start()
    context, _ = attend_step(XP, case.scorer, case.kernel, start["hidden_0"], case.memory)
    readout, _, state = case.step(case.previous, start)
    own = {entry: start[f"{entry}_0"] for entry in CELLS[cell].entries}
    expected = cell_step(cell, case, np.concatenate([case.previous, context], axis=1), own)
    np.testing.assert_allclose(state["hidden_0"], expected, atol=1e-6)
    np.testing.assert_array_equal(readout, state["hidden_0"])


def test_bahdanau_readout_reads_state_context_and_embedding():
    case = Case("bahdanau", readout_size=6)
    start = case.start()
    context, _ = attend_step(XP, case.scorer, case.kernel, start["hidden_0"], case.memory)
    readout, _, state = case.step(case.previous, start)
    features = np.concatenate([state["hidden_0"], case.previous, context], axis=1)
    expected = np.tanh(features @ case.weights["readout.kernel"] + case.weights["readout.bias"])
    np.testing.assert_allclose(readout, expected, atol=1e-5)


def test_luong_readout_reads_state_and_context():
    case = Case("luong", input_feeding=False)
    readout, _, state = case.step(case.previous, case.start())
    context, _ = attend_step(XP, case.scorer, case.kernel, state["hidden_0"], case.memory)
    np.testing.assert_allclose(readout, np.concatenate([state["hidden_0"], context], axis=1), atol=1e-6)


def test_input_feeding_hands_the_readout_to_the_next_step():
    case = Case("luong", readout_size=6)
    readout, _, state = case.step(case.previous, case.start())
    np.testing.assert_array_equal(state["readout"], readout)
    fed, unfed = (case.step(case.previous, state | {"readout": r})[0] for r in (readout, np.zeros_like(readout)))
    assert np.abs(fed - unfed).max() > 1e-3


def cell_step(name, case, inputs, state, *, layer=0):
    """The hidden state after one step of a cell, by default the lowest."""
    cell, weights = CELLS[name], under(case.weights, f"layers.{layer}")
    return cell.step(XP, weights, cell.project(XP, weights, inputs), state)["hidden"]

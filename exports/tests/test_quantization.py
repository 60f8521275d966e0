"""Matrix products and look-ups in 8-bit integers, on graphs small enough to calculate by hand."""

from collections.abc import Callable

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from onnx import parser

from s2s_onnx.graph.graphs import all_graphs
from s2s_onnx.graph.opset import OPSETS
from s2s_onnx.storage.quantization import GREATEST, GREATEST_FACTOR, integers, quantize
from s2s_onnx.storage.transposing import take_transposes

RunGraph = Callable[..., dict[str, np.ndarray]]
WEIGHT = np.array(
    [[0.5, -3.0, 0.0], [1.0, 0.1, 0.0], [-0.25, 1.5, 0.0], [0.75, 2.0, 0.0], [0.1, -1.0, 0.0]], np.float32
)
LEFT = np.array([[1.0, -2.0, 0.5, 0.01, 2.54], [0.0, 1.27, -0.635, 2.0, -1.0]], np.float32)
BIAS = np.array([10.0, -20.0, 30.0], np.float32)
PEAK = 2.54  # steps of 0.02


def graph(text: str) -> onnx.ModelProto:
    imports = ", ".join(f'"{used.domain}": {used.version}' for used in OPSETS)
    return parser.parse_model(f"<ir_version: 10, opset_import: [{imports}]> {text}")


def quantized(text: str, peaks: dict[str, float], biases: set[str] = frozenset()) -> onnx.ModelProto:
    """A graph that reads the weight w (5, 3) and the bias b (3,), which it does not define."""
    model = graph(text)
    quantize(model.graph, {"w": WEIGHT}, biases, peaks)
    model.graph.initializer.append(onnx.numpy_helper.from_array(BIAS, "b"))
    return model


def operators(model: onnx.ModelProto) -> list[str]:
    return [node.op_type for each in all_graphs(model.graph) for node in each.node]


def product(left: np.ndarray, greatest_factor: int = GREATEST_FACTOR) -> np.ndarray:
    """What integers give: the left side in steps of the peak's 127th, each column of the weight in its own."""
    scale = np.abs(WEIGHT).max(axis=0) / greatest_factor
    scale[2] = 1
    steps = np.clip(np.round(left / (PEAK / GREATEST)), -128, 127)
    return (steps @ np.round(WEIGHT / scale)) * (PEAK / GREATEST) * scale


def test_integers_by_columns_and_by_rows() -> None:
    array = np.array([[1, -2, 0], [0.5, 4, 0]], np.float32)
    by_column, scales = integers(array, 4, axis=-2)
    np.testing.assert_array_equal(by_column, [[4, -2, 0], [2, 4, 0]])
    np.testing.assert_array_equal(scales, [[0.25, 1, 0.25]])
    by_row, scales = integers(array, 100, axis=-1)
    np.testing.assert_array_equal(by_row, [[50, -100, 0], [12, 100, 0]])  # 12.5 goes to the even one
    np.testing.assert_allclose(scales, [[0.02], [0.04]], rtol=1e-6)


floats = st.floats(-(2.0**100), 2.0**100, width=32)


@given(
    arrays.arrays(np.float32, st.tuples(st.integers(1, 5), st.integers(1, 7)), elements=floats),
    st.sampled_from([63, 127]),
)
def test_integers_are_half_a_step_off_at_most(array: np.ndarray, greatest: int) -> None:
    for axis in (-1, -2):
        found, scales = integers(array, greatest, axis)
        assert found.dtype == np.int8
        assert np.abs(found.astype(int)).max() <= greatest
        apart = np.abs(found.astype(np.float64) * scales - array)
        assert (apart <= 0.5001 * scales.astype(np.float64)).all()


def test_a_product_is_made_of_integers(run_graph: RunGraph) -> None:
    model = quantized("g (float[B, 5] x) => (float[B, 3] y) { y = MatMul(x, w) }", {"x": PEAK})
    assert operators(model) == ["QuantizeLinear", "MatMulIntegerToFloat"]
    found = run_graph(model, {"x": LEFT})["y"]
    np.testing.assert_allclose(found, product(LEFT), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found, LEFT @ WEIGHT, atol=0.2)
    assert (found[:, 2] == 0).all()


def test_a_left_side_beyond_its_peak_stays_at_it(run_graph: RunGraph) -> None:
    model = quantized("g (float[B, 5] x) => (float[B, 3] y) { y = MatMul(x, w) }", {"x": PEAK})
    far, peak = (run_graph(model, {"x": np.full((1, 5), value, np.float32)})["y"] for value in (1e6, PEAK))
    np.testing.assert_array_equal(far, peak)


def test_a_bias_joins_the_product(run_graph: RunGraph) -> None:
    text = "g (float[B, 5] x) => (float[B, 3] z) { y = MatMul(x, w) z = Add(y, b) }"
    together, apart = quantized(text, {"x": PEAK}, {"b"}), quantized(text, {"x": PEAK})
    assert operators(together) == ["QuantizeLinear", "MatMulIntegerToFloat"]
    assert operators(apart) == ["QuantizeLinear", "MatMulIntegerToFloat", "Add"]
    for model in (together, apart):
        np.testing.assert_allclose(run_graph(model, {"x": LEFT})["z"], product(LEFT) + BIAS, rtol=1e-5, atol=1e-6)


READ_TWICE = {
    "by another node": """g (float[B, 5] x) => (float[B, 3] z, float[B, 3] t) {
        y = MatMul(x, w)
        z = Add(y, b)
        t = Tanh(y)
    }""",
    "as an output": """g (float[B, 5] x) => (float[B, 3] z, float[B, 3] y) {
        y = MatMul(x, w)
        z = Add(y, b)
    }""",
    "in a branch": """g (float[B, 5] x, bool c) => (float[B, 3] z, float[B, 3] t) {
        y = MatMul(x, w)
        z = Add(y, b)
        t = If(c) <
            then_branch = one () => (float[B, 3] r) { r = Neg(y) },
            else_branch = two () => (float[B, 3] s) { s = Abs(y) }
        >
    }""",
}


@pytest.mark.parametrize("where", READ_TWICE)
def test_a_product_that_is_read_elsewhere_too_stays_without_the_bias(run_graph: RunGraph, where: str) -> None:
    model = quantized(READ_TWICE[where], {"x": PEAK}, {"b"})
    inputs = {"x": LEFT, "c": np.array(True)}
    found = run_graph(model, {value.name: inputs[value.name] for value in model.graph.input})
    np.testing.assert_allclose(found["z"], product(LEFT) + BIAS, rtol=1e-5, atol=1e-6)
    other = next(array for name, array in found.items() if name != "z")
    change = {"by another node": np.tanh, "as an output": np.positive, "in a branch": np.negative}[where]
    np.testing.assert_allclose(other, change(product(LEFT)), rtol=1e-5, atol=1e-6)


def test_two_products_share_their_left_side(run_graph: RunGraph) -> None:
    model = graph("g (float[B, 5] x) => (float[B, 3] y, float[B, 3] z) { y = MatMul(x, w) z = MatMul(x, v) }")
    quantize(model.graph, {"w": WEIGHT, "v": -WEIGHT}, set(), {"x": PEAK})
    assert operators(model) == ["QuantizeLinear", "MatMulIntegerToFloat", "MatMulIntegerToFloat"]
    found = run_graph(model, {"x": LEFT})
    np.testing.assert_array_equal(found["y"], -found["z"])


def test_a_branch_may_multiply_what_is_multiplied_outside_of_it(run_graph: RunGraph) -> None:
    model = quantized(
        """g (float[B, 5] x, bool c) => (float[B, 3] y, float[B, 3] z) {
            y = MatMul(x, w)
            z = If(c) <
                then_branch = one () => (float[B, 3] r) { r = MatMul(x, w) },
                else_branch = two () => (float[B, 3] s) { p = MatMul(x, w) s = Neg(p) }
            >
        }""",
        {"x": PEAK},
    )
    for condition, sign in ((True, 1), (False, -1)):
        found = run_graph(model, {"x": LEFT, "c": np.array(condition)})
        np.testing.assert_array_equal(found["z"], sign * found["y"])


def test_a_product_whose_left_side_was_never_seen_is_not_made_of_integers(run_graph: RunGraph) -> None:
    """The weight is stored in integers all the same, and widened."""
    model = quantized("g (float[B, 5] x) => (float[B, 3] y) { y = MatMul(x, w) }", {})
    assert operators(model) == ["Cast", "Mul", "MatMul"]
    widened = np.round(WEIGHT / (scale := np.array([1 / 127, 3 / 127, 1]))) * scale
    np.testing.assert_allclose(run_graph(model, {"x": LEFT})["y"], LEFT @ widened, rtol=1e-5, atol=1e-6)


def test_rows_of_a_table_are_widened_when_they_are_read(run_graph: RunGraph) -> None:
    model = quantized("g (int64[B, S] i) => (float[B, S, 3] y) { y = Gather(w, i) }", {})
    assert operators(model) == ["Gather", "Cast", "Gather", "Mul"]
    places = np.array([[4, 0, 3, 3], [1, 2, 0, 1]])
    steps = np.abs(WEIGHT).max(axis=1, keepdims=True) / 127
    expected = (np.round(WEIGHT / steps) * steps)[places]
    np.testing.assert_allclose(run_graph(model, {"i": places})["y"], expected, rtol=1e-6)


def test_columns_that_are_read_are_no_table(run_graph: RunGraph) -> None:
    model = quantized("g (int64[S] i) => (float[5, S] y) { y = Gather<axis = 1>(w, i) }", {})
    assert operators(model) == ["Cast", "Mul", "Gather"]
    found = run_graph(model, {"i": np.array([1, 0])})["y"]
    np.testing.assert_allclose(found, WEIGHT[:, [1, 0]], atol=0.5 * 3 / 127)


def test_one_weight_as_table_and_in_a_product(run_graph: RunGraph) -> None:
    """It has 7 bits, and a scale for each column."""
    model = quantized(
        "g (float[B, 5] x, int64[B] i) => (float[B, 3] y, float[B, 3] z) { y = MatMul(x, w) z = Gather(w, i) }",
        {"x": PEAK},
    )
    found = run_graph(model, {"x": LEFT, "i": np.array([3, 1])})
    np.testing.assert_allclose(found["y"], product(LEFT), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found["z"], WEIGHT[[3, 1]], atol=0.5 * 3 / 63)


TIED = """g (float[B, 3] x, int64[S] i) => (float[B, 5] z, float[S, 3] r) {
    t = Transpose<perm = [1, 0]>(w)
    y = MatMul(x, t)
    z = Add(y, v)
    r = Gather(w, i)
}"""
SHORT, LONG_BIAS = LEFT[:, :3].copy(), np.arange(5, dtype=np.float32)


def tied(text: str, peaks: dict[str, float], biases: set[str] = frozenset()) -> onnx.ModelProto:
    """As `quantized`, but that transposes of w are taken out before, and that a bias v (5,) is there."""
    model = graph(text)
    transposed = take_transposes(model.graph, {"w"})
    quantize(model.graph, {"w": WEIGHT}, biases, peaks, transposed=transposed)
    model.graph.initializer.append(onnx.numpy_helper.from_array(LONG_BIAS, "v"))
    return model


def test_a_table_that_is_multiplied_with_transposed_is_stored_once_and_multiplied_in_integers(
    run_graph: RunGraph,
) -> None:
    """A scale for each row of the table is a scale for each column of its transpose."""
    model = tied(TIED, {"x": PEAK}, {"v"})
    assert operators(model) == [
        *("Transpose", "Transpose"),
        *("QuantizeLinear", "MatMulIntegerToFloat"),
        *("Gather", "Cast", "Gather", "Mul"),
    ]
    assert [one.name for one in model.graph.initializer if one.name.startswith("w")] == ["w.int8", "w.scale"]
    places = np.array([4, 0, 3])
    scale = np.abs(WEIGHT).max(axis=1, keepdims=True) / GREATEST_FACTOR
    table = np.round(WEIGHT / scale) * scale
    steps = np.round(SHORT / (PEAK / GREATEST)) * (PEAK / GREATEST)
    found = run_graph(model, {"x": SHORT, "i": places})
    np.testing.assert_allclose(found["r"], table[places], rtol=1e-6)
    np.testing.assert_allclose(found["z"], steps @ table.T + LONG_BIAS, rtol=1e-5, atol=1e-6)


def test_a_transpose_whose_left_side_was_never_seen_is_widened(run_graph: RunGraph) -> None:
    model = tied(TIED, {})
    assert operators(model)[:5] == ["Transpose", "Transpose", "Cast", "Mul", "MatMul"]
    scale = np.abs(WEIGHT).max(axis=1, keepdims=True) / GREATEST_FACTOR
    found = run_graph(model, {"x": SHORT, "i": np.array([1])})["z"]
    np.testing.assert_allclose(found, SHORT @ (np.round(WEIGHT / scale) * scale).T + LONG_BIAS, rtol=1e-5, atol=1e-6)


def test_a_weight_that_is_a_right_side_itself_keeps_the_scales_of_its_columns(run_graph: RunGraph) -> None:
    """Its transpose has none then, so that is made of the widened weight."""
    model = tied(
        """g (float[B, 5] x, float[B, 3] u) => (float[B, 3] y, float[B, 5] z) {
            y = MatMul(x, w)
            t = Transpose<perm = [1, 0]>(w)
            z = MatMul(u, t)
        }""",
        {"x": PEAK, "u": PEAK},
    )
    found = run_graph(model, {"x": LEFT, "u": SHORT})
    np.testing.assert_allclose(found["y"], product(LEFT), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found["z"], SHORT @ WEIGHT.T, atol=0.3)


def test_bodies_of_loops_are_rewritten_too(run_graph: RunGraph) -> None:
    model = quantized(
        """g (float[2, 5] x, int64 n) => (float[2, 3] last) {
            go = Constant<value = bool {1}>()
            zero = Constant<value = float[2, 3] {0, 0, 0, 0, 0, 0}>()
            last = Loop(n, go, zero) <body = step (int64 i, bool c, float[2, 3] a) => (bool on, float[2, 3] next) {
                on = Identity(c)
                y = MatMul(x, w)
                next = Add(a, y)
            }>
        }""",
        {"x": PEAK},
    )
    assert "MatMul" not in operators(model)
    found = run_graph(model, {"x": LEFT, "n": np.array(3)})["last"]
    np.testing.assert_allclose(found, 3 * product(LEFT), rtol=1e-5, atol=1e-6)

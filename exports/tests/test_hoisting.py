"""What is the same in every step of a loop is computed once, before it."""

from collections.abc import Callable

import numpy as np
import onnx
from onnx import parser

from s2s_onnx.graph.hoisting import hoist

MODEL = """<ir_version: 10, opset_import: ["": 21]>
    g (float[3] x, float[3] k, int64 n) => (float[3] last, float[N, 3] collected) {
        go = Constant<value = bool {1}>()
        last, collected = Loop(n, go, x) <
            body = step (int64 i, bool c, float[3] a) => (bool on, float[3] next, float[3] same) {
                on = Identity(c)
                two = Constant<value = float {2}>()
                four = Mul(two, two)
                fixed = Mul(k, two)
                both = Add(fixed, four)
                same = Neg(k)
                next = Add(a, both)
            }
        >
    }"""


def test_what_does_not_depend_on_the_step_moves_out(run_graph: Callable[..., dict[str, np.ndarray]]) -> None:
    """But not what reads constants alone, which onnxruntime folds, nor a result of the step."""
    whole, hoisted = parser.parse_model(MODEL), parser.parse_model(MODEL)
    hoist(hoisted.graph)
    onnx.checker.check_model(hoisted)
    (loop,) = (node for node in hoisted.graph.node if node.op_type == "Loop")
    before = [node.output[0] for node in hoisted.graph.node[: list(hoisted.graph.node).index(loop)]]
    assert before == ["go", "two", "fixed"]
    assert [node.output[0] for node in loop.attribute[0].g.node] == ["on", "four", "both", "same", "next"]
    inputs = {"x": np.array([1, 2, 3], np.float32), "k": np.array([5, 7, 11], np.float32), "n": np.array(4)}
    expected, found = run_graph(whole, inputs), run_graph(hoisted, inputs)
    for name, array in expected.items():
        np.testing.assert_array_equal(found[name], array)

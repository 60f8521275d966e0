"""Graphs of parts: cut where a decoder attends, fitted to the exported file, compared with what they stand for."""

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import parser

from s2s_onnx.graph.opset import OPSET
from s2s_onnx.native.export import export_functions
from s2s_onnx.native.fitting import fitted
from s2s_onnx.native.parts import graph_part
from s2s_onnx.native.process import Request, export_part
from s2s_onnx.native.splitting import split
from s2s_toolkit.errors import UnsupportedError

RunGraph = Callable[..., dict[str, np.ndarray]]
PLUGINS = Path(__file__).parent / "plugins"
REPEATED = """
    trip = Constant<value = int64 {3}>()
    go = Constant<value = bool {1}>()
    asked = Loop(trip, go, advanced)<
        body = grow (int64 number, bool goes, float[B, 3] so_far) => (bool on, float[B, 3] more) {
            on = Identity(goes)
            more = Add(so_far, advanced)
        }
    >
"""


SCORE = """(float[B, T, 3] query, float[B, S, 3] keys) => (float[B, T, S] scores) {{
    turned = Transpose<perm = [0, 2, 1]>(keys)
    products = MatMul(query, turned)
    scores = {last}
}}"""


def graph(text: str, opset: int = OPSET) -> onnx.ModelProto:
    return parser.parse_model(f'<ir_version: 10, opset_import: ["": {opset}]> {text}')


def step(query: str = "asked = Neg(advanced)") -> onnx.ModelProto:
    """A step whose halves share a value, a constant and an input."""
    return graph(f"""
        step (float[B, 3] state, float[B, 3] found) => (float[B, 3] asked, float[B, 3] readout, float[B, 3] next) {{
            half = Constant<value = float {{0.5}}>()
            halved = Mul(state, half)
            advanced = Tanh(halved)
            {query}
            both = Add(advanced, found)
            scaled = Mul(both, half)
            readout = Sub(scaled, state)
            next = Identity(advanced)
        }}""")


@pytest.mark.parametrize("query", ["asked = Neg(advanced)", "asked = Identity(state)", REPEATED])
def test_the_halves_of_a_graph_together_are_the_graph(query: str, run_graph: RunGraph) -> None:
    whole = step(query)
    ask, answer = split(whole, "asked", without=["found"])
    rng = np.random.default_rng(0)
    arrays = {name: rng.normal(size=(2, 3)).astype(np.float32) for name in ("state", "found")}
    asked = run_graph(ask, {"state": arrays["state"]})
    known = arrays | asked
    answered = run_graph(answer, {value.name: known[value.name] for value in answer.graph.input})
    expected = run_graph(whole, arrays)
    assert (asked | answered).keys() >= expected.keys()
    for name, array in expected.items():
        np.testing.assert_array_equal((asked | answered)[name], array)


def test_nothing_but_constants_is_computed_by_both_halves() -> None:
    halves = split(step(), "asked", without=["found"])
    ask, answer = ([node.op_type for node in half.graph.node] for half in halves)
    assert ask == ["Constant", "Mul", "Tanh", "Neg"]
    assert answer == ["Constant", "Add", "Mul", "Sub", "Identity"]


def test_a_query_that_waits_for_its_own_answer_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="computes asked from found, which is only known afterwards"):
        split(step("asked = Add(advanced, found)"), "asked", without=["found"])


def test_an_older_graph_is_converted(run_graph: RunGraph) -> None:
    old = graph("old (float[B, 3] x) => (float[B, 1] y) { y = ReduceMax<axes = [1]>(x) }", opset=13)
    model = fitted(old)
    assert [(used.domain, used.version) for used in model.opset_import] == [("", OPSET)]
    x = np.array([[1, 3, 2], [6, 4, 5]], np.float32)
    np.testing.assert_array_equal(run_graph(model, {"x": x})["y"], [[3], [6]])


def test_functions_within_a_graph_are_put_in_their_place(run_graph: RunGraph) -> None:
    model = parser.parse_model("""
        <ir_version: 10, opset_import: ["": 21, "mine": 1]>
        outer (float[B] x) => (float[B] y) { y = mine.twice(x) }
        <domain: "mine", opset_import: ["": 21]>
        twice (a) => (b) { b = Add(a, a) }
    """)
    model = fitted(model)
    assert not model.functions
    np.testing.assert_array_equal(run_graph(model, {"x": np.ones(3, np.float32)})["y"], [2, 2, 2])


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (graph("new (float[B] x) => (float[B] y) { y = Neg(x) }", opset=22), "is of operator set 22, the exported"),
        (graph("odd (float[B] x) => (float[B] y) { y = BesselJ0(x) }"), "No Op registered for BesselJ0"),
        (
            parser.parse_model(
                '<ir_version: 10, opset_import: ["": 21, "far": 1]> f (float[B] x) => (float[B] y) { y = far.Neg(x) }'
            ),
            "uses operators of 'far', which onnxruntime does not have",
        ),
    ],
)
def test_a_graph_that_can_not_run_in_the_file_is_refused(model: onnx.ModelProto, message: str) -> None:
    with pytest.raises(UnsupportedError, match=message):
        fitted(model)


def keys(inputs: str = "float[B, S, 3] memory", output: str = "float[B, S, 3] keys") -> onnx.ModelProto:
    return graph(f"k ({inputs}) => ({output}) {{ {output.split()[-1]} = Neg({inputs.split()[-1]}) }}")


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (keys(inputs="float[B, S, 3] memories"), "graph 'keys' has the input 'memories'; it may have memory"),
        (keys(output="float[B, S, 3] key"), "graph 'keys' gives key, where it needs keys"),
    ],
)
def test_names_of_a_graph_are_checked(model: onnx.ModelProto, message: str) -> None:
    score = graph("s" + SCORE.format(last="Identity(products)"))
    with pytest.raises(UnsupportedError, match=message):
        graph_part("attention scorer", {"keys": model, "score": score})


def test_axes_of_a_graph_are_checked() -> None:
    score = graph("s" + SCORE.format(last="Flatten(products)").replace("float[B, T, S] scores", "float[B, F] scores"))
    with pytest.raises(UnsupportedError, match="output 'scores' has 2 axes, where it needs 3"):
        graph_part("attention scorer", {"keys": keys(), "score": score})


def test_a_graph_without_shapes_is_refused() -> None:
    score = graph("s" + SCORE.format(last="Identity(products)"))
    score.graph.output[0].type.tensor_type.ClearField("shape")
    with pytest.raises(UnsupportedError, match="'shape'"):
        graph_part("attention scorer", {"keys": keys(), "score": score})


class Exporter:
    """A framework of numpy alone, whose exporter gives graphs that were made by hand."""

    def __init__(self, part: Any, graphs: Mapping[str, onnx.ModelProto]) -> None:
        self.part, self.graphs = part, iter(graphs.values())

    def load_weights(self, weights: Mapping[str, np.ndarray]) -> None:
        self.part.weights = weights

    def run(self, function: Callable[..., Any], inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        return dict(function(**inputs))

    def export(self, function: Callable[..., Any], inputs: Any, open_axes: Any) -> bytes:
        return next(self.graphs).SerializeToString()


def scorer() -> SimpleNamespace:
    return SimpleNamespace(keys=lambda memory: -memory, score=lambda query, keys: query @ keys.swapaxes(1, 2))


def test_exported_graphs_know_which_sizes_are_open() -> None:
    loose = graph("k (float[B, S, 3] memory) => (float[P, Q, R] keys) { keys = Neg(memory) }")
    graphs = {"keys": loose, "score": graph("s" + SCORE.format(last="Identity(products)"))}
    found = export_functions("attention scorer", Exporter(scorer(), graphs), [3, 3], {})
    shape = found["keys"].graph.output[0].type.tensor_type.shape.dim
    assert [dim.dim_value or None for dim in shape] == [None, None, 3]


@pytest.mark.parametrize(
    ("last", "message"),
    [
        ("Abs(products)", "graph of 'score' gives another 'scores' than the part for query (3, 2, 3), keys (3, 5, 3)"),
        ("Reshape(products, fixed)", "graph of 'score' fails for query (4, 3, 3), keys (4, 7, 3): "),
    ],
)
def test_an_exported_graph_is_compared_with_the_part(last: str, message: str) -> None:
    """One that is wrong, and one that is right for the sizes alone that it was made with."""
    score = graph(
        "s" + SCORE.format(last=last).replace("turned =", "fixed = Constant<value = int64[3] {3, 2, 5}>() turned =")
    )
    with pytest.raises(UnsupportedError) as caught:
        export_functions("attention scorer", Exporter(scorer(), {"keys": keys(), "score": score}), [3, 3], {})
    assert message in str(caught.value)


@pytest.mark.parametrize("times", [0, 2])
def test_a_decoder_that_does_not_attend_once_is_refused(times: int) -> None:
    def step(previous: Any, state: Any, attend: Any) -> Any:
        for _ in range(times):
            attend(state["a"])
        return previous, previous, state

    part = SimpleNamespace(start=lambda summary: {"a": summary}, step=step)
    with pytest.raises(UnsupportedError, match=f"calls `attend` {times} times"):
        export_functions("decoder", Exporter(part, {}), [3, 5], {})


def test_a_decoder_that_forgets_its_state_is_refused() -> None:
    def step(previous: Any, state: Any, attend: Any) -> Any:
        return previous, attend(state["a"])[1], {"b": state["a"]}

    part = SimpleNamespace(start=lambda summary: {"a": summary}, step=step)
    with pytest.raises(UnsupportedError, match="its state is a at first, and after a step b"):
        export_functions("decoder", Exporter(part, {}), [3, 5], {})


def test_a_crash_of_the_exporting_process_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(PLUGINS)
    request = Request("encoder", "crashing:CrashingFramework", "crashing:Part", sizes=(5,), options={}, where="here")
    with pytest.raises(UnsupportedError, match=r"^the exporting process ended with 70: segmentation fault$"):
        export_part(request, {"kernel": np.ones((3, 5), np.float32)})


def test_a_mistake_in_a_part_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(PLUGINS)
    request = Request("encoder", "crashing:CrashingFramework", "crashing:Absent", sizes=(5,), options={}, where="here")
    with pytest.raises(UnsupportedError, match=r"^AttributeError: module 'crashing' has no attribute 'Absent'$"):
        export_part(request, {})


def test_the_exporting_process_imports_nothing_of_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "onnx.py").write_text("raise SystemExit('the wrong onnx')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*(entry for entry in sys.path if entry not in ("", os.curdir)), str(PLUGINS)])
    request = Request("encoder", "crashing:CrashingFramework", "crashing:Absent", sizes=(5,), options={}, where="here")
    with pytest.raises(UnsupportedError, match="no attribute 'Absent'"):
        export_part(request, {})

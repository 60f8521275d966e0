"""What no output needs is not in the graph, not even what a loop collects."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import parser

from s2s_onnx.exporter import OnnxExporter
from s2s_onnx.graph.graphs import all_graphs
from s2s_onnx.graph.interface import IdsInterface, TextInterface
from s2s_onnx.graph.pruning import drop_copies, prune
from s2s_onnx.translator import Translator
from s2s_toolkit.errors import ConfigError
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import Run

RunGraph = Callable[..., dict[str, np.ndarray]]
COLLECTING = """<ir_version: 10, opset_import: ["": 21]>
    g (float[3] x, int64 n) => (float[3] last, float[N, 3] halves) {
        go = Constant<value = bool {1}>()
        last, squares, halves, logs = Loop(n, go, x) <
            body = step (int64 i, bool c, float[3] a)
                => (bool on, float[3] next, float[3] square, float[3] half, float[3] log) {
                on = Identity(c)
                two = Constant<value = float {2}>()
                square = Mul(a, a)
                half = Div(a, two)
                near = Exp(square)
                log = Neg(near)
                next = Add(half, two)
            }
        >
        read = Add(squares, squares)
        unread = Tanh(read)
    }"""


def operators(graph: onnx.GraphProto) -> list[str]:
    return [node.op_type for each in all_graphs(graph) for node in each.node]


def test_what_a_loop_collects_and_nothing_reads_is_gone(run_graph: RunGraph) -> None:
    """`squares` is read, but only by what nothing reads; `logs` by nothing at all."""
    inputs = {"x": np.array([1, -2, 3], np.float32), "n": np.array(3)}
    whole, pruned = parser.parse_model(COLLECTING), parser.parse_model(COLLECTING)
    prune(pruned.graph)
    assert sorted(operators(pruned.graph)) == ["Add", "Constant", "Constant", "Div", "Identity", "Loop"]
    (loop,) = (node for node in pruned.graph.node if node.op_type == "Loop")
    assert list(loop.output) == ["last", "halves"]
    assert [value.name for value in loop.attribute[0].g.output] == ["on", "next", "half"]
    expected, found = run_graph(whole, inputs), run_graph(pruned, inputs)
    assert found.keys() == expected.keys() == {"last", "halves"}
    for name, array in expected.items():
        np.testing.assert_array_equal(found[name], array)


def test_what_a_loop_carries_stays_whether_it_is_read_or_not() -> None:
    model = parser.parse_model(COLLECTING)
    del model.graph.output[0]
    prune(model.graph)
    (loop,) = (node for node in model.graph.node if node.op_type == "Loop")
    assert list(loop.output) == ["last", "halves"]


def test_what_is_needed_stays() -> None:
    model = parser.parse_model(COLLECTING)
    prune(model.graph)
    before = model.SerializeToString()
    prune(model.graph)
    assert model.SerializeToString() == before


TEXTS = ["abc", "", "g f e d c b a"]
CHOSEN = [
    ("text", ""),
    ("text", "attention"),
    ("text", "alignment,lengths"),
    ("ids", ""),
    ("ids", " alignment , attention"),
]


@pytest.mark.parametrize(("kind", "outputs"), CHOSEN)
def test_chosen_outputs_are_as_they_are_among_all(exported: Callable[..., Path], kind: str, outputs: str) -> None:
    whole = Translator(exported("beam", choices={"input": kind}, n_best=2, beam_size=3))
    part = Translator(exported("beam", choices={"input": kind, "outputs": outputs}, n_best=2, beam_size=3))
    interface = {"text": TextInterface, "ids": IdsInterface}[kind]
    chosen = {*interface.needed, *filter(None, map(str.strip, outputs.split(",")))}
    if chosen & {"attention", "alignment"}:
        chosen.add("source_symbols")
    names = [output.name for output in part.session.get_outputs()]
    assert names == [name for name in interface.outputs if name in chosen]
    ids = np.array([[4, 5, 6, 0], [0, 0, 0, 0], [7, 8, 9, 4]])
    feed = {"source": np.array(TEXTS, object)} if kind == "text" else {"source_ids": ids}
    for one, other in zip(part.session.run(names, feed), whole.session.run(names, feed), strict=True):
        np.testing.assert_array_equal(one, other)


def test_fewer_outputs_make_a_smaller_graph(exported: Callable[..., Path]) -> None:
    def count(outputs: str) -> int:
        return len(operators(onnx.load(exported("beam", choices={"outputs": outputs}, n_best=2)).graph))

    assert count("") < count("alignment") < count("alignment,attention") < count("all")


def test_a_file_without_attention_does_not_collect_it(exported: Callable[..., Path]) -> None:
    def collected(**choices: Any) -> int:
        graph = onnx.load(exported("beam", choices=choices, n_best=2)).graph
        loop = next(node for node in graph.node if node.op_type == "Loop")
        return len(loop.output)

    assert collected(outputs="") == collected(outputs="all") - 2  # nor the log-probabilities


def test_a_translation_without_what_was_left_out(exported: Callable[..., Path]) -> None:
    whole = Translator(exported("beam", beam_size=3, n_best=2))(TEXTS)
    least = Translator(exported("beam", choices={"outputs": ""}, beam_size=3, n_best=2))(TEXTS)
    for one, other in zip(least, whole, strict=True):
        assert (one.text, one.symbols, one.score) == (other.text, other.symbols, other.score)
        assert (one.token_log_probs, one.attention, one.alignment, one.source_symbols) == (None, None, None, ())
        assert len(one.alternatives) == 1


@pytest.mark.parametrize("kind", ["text", "ids"])
def test_an_unknown_output_is_refused(run: Run, registry: Registry, tmp_path: Path, kind: str) -> None:
    exporter = OnnxExporter(input=kind, outputs="attention,atention")
    message = "there is no output 'atention'; what can be left out or named: .*attention, alignment"
    with pytest.raises(ConfigError, match=message):
        exporter.export(run, tmp_path / "model.onnx", registry, framework="", strategy="", options={})
    assert list(tmp_path.iterdir()) == []


COPYING = """<ir_version: 10, opset_import: ["": 21]>
    g (float[3] x, int64 n) => (float[3] last, float[N, 3] halves, float[N, 3] again) {
        go = Constant<value = bool {1}>()
        last, halves, again = Loop(n, go, x) <
            body = step (int64 i, bool c, float[3] a)
                => (bool on, float[3] next, float[3] half, float[3] same) {
                on = Identity(c)
                two = Constant<value = float {2}>()
                halved = Div(a, two)
                sum = Add(halved, two)
                next = Identity(sum)
                half = Identity(halved)
                same = Identity(halved)
            }
        >
    }"""


def test_a_result_is_not_copied_only_to_be_named(run_graph: RunGraph) -> None:
    """What the body is given, and what stands twice among its results, needs its copy."""
    inputs = {"x": np.array([1, -2, 3], np.float32), "n": np.array(3)}
    whole, changed = parser.parse_model(COPYING), parser.parse_model(COPYING)
    drop_copies(changed.graph)
    assert sorted(operators(changed.graph)) == ["Add", "Constant", "Constant", "Div", "Identity", "Identity", "Loop"]
    found = run_graph(changed, inputs)
    for name, array in run_graph(whole, inputs).items():
        np.testing.assert_array_equal(found[name], array)


def test_what_is_to_be_kept_stays(run_graph: RunGraph) -> None:
    model = parser.parse_model(COLLECTING)
    prune(model.graph, keep={"unread"})
    assert {"Tanh", "Mul"} <= set(operators(model.graph))

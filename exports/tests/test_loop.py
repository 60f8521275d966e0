"""The decoding loop in the graph finds what `s2s_toolkit.search` finds with numpy, under every constraint."""

from collections.abc import Callable
from dataclasses import fields
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from spox import Tensor, argument, build

from s2s_onnx.graph.array import OnnxArray
from s2s_onnx.graph.loop import DecodingLoop
from s2s_onnx.graph.opset import IR_VERSION, op
from s2s_onnx.graph.parts import part_graphs
from s2s_toolkit.batches import source_arrays
from s2s_toolkit.config_sections import ModelConfig
from s2s_toolkit.loading import make_strategy
from s2s_toolkit.model import ModelPlan, build_parts
from s2s_toolkit.reference import NumpyModel
from s2s_toolkit.registry import Registry
from s2s_toolkit.search import Hypotheses, search, typed_settings
from s2s_toolkit.strategies.contract import DecodingStrategy
from s2s_toolkit.symbols import PAD, UNK

SOURCE_SIZE, TARGET_SIZE, MAX_LENGTH = 11, 9, 8
SOURCES = source_arrays([[4, 5, 6, 7, 10], [], [8, 9, 4], [5, 5]])
NO_PREFIXES = np.zeros((4, 0), np.int64)
PREFIXES = np.array([[4, 4, 8, UNK, 6], [PAD] * 5, [6, PAD, PAD, PAD, PAD], [7, 5, PAD, 8, 4]])
STRATEGIES = [
    ("greedy", {}),
    ("greedy", {"no_repeat_ngram_size": 1}),
    ("beam", {"beam_size": 4, "n_best": 3, "length_penalty": 0.6}),
    ("beam", {"beam_size": 4, "n_best": 4, "coverage_penalty": 0.7, "no_repeat_ngram_size": 2}),
    ("beam", {"beam_size": 1, "coverage_penalty": 0.7, "no_repeat_ngram_size": 3}),
    ("sample", {"num_samples": 3, "temperature": 1.4}),
    ("sample", {"num_samples": 2, "top_k": 4, "top_p": 0.9, "no_repeat_ngram_size": 2}),
]
CALLS = [
    ({}, NO_PREFIXES),
    ({"min_length": 6}, NO_PREFIXES),
    ({"min_length": MAX_LENGTH}, PREFIXES[:, :1]),
    ({}, PREFIXES),
    ({"min_length": 3, "max_length": 3}, PREFIXES),
    ({"max_length": 1}, PREFIXES),
    ({"max_length": 20, "min_length": 4}, PREFIXES[:1]),
]

Graph = Callable[[DecodingStrategy], onnx.ModelProto]


ROWS = "rows_of_each_step"


def stepped(model: onnx.ModelProto) -> onnx.ModelProto:
    """The graph with an output more: how many rows the model has at each step."""
    loop = next(node for node in model.graph.node if node.op_type == "Loop")
    body = loop.attribute[0].g
    body.node.append(onnx.helper.make_node("Shape", ["logits"], ["rows"], start=0, end=1))
    body.output.append(onnx.helper.make_tensor_value_info("rows", onnx.TensorProto.INT64, [1]))
    loop.output.append(ROWS)
    model.graph.output.append(onnx.helper.make_tensor_value_info(ROWS, onnx.TensorProto.INT64, [None, 1]))
    return model


@pytest.fixture(scope="module")
def tiny(registry: Registry, random_weights: Callable[..., Any]) -> tuple[NumpyModel, Graph]:
    """A model on random weights, and its decoding loop as a graph by itself."""
    config = {"encoder": {"name": "gru", "size": 3}, "decoder": {"name": "luong", "size": 5}}
    plan = ModelPlan(ModelConfig.model_validate({"embedding_size": 5, **config}), SOURCE_SIZE, TARGET_SIZE)
    weights = random_weights(plan, seed=3)
    numpy_model = NumpyModel(plan, build_parts(plan.config, registry, "numpy"))
    numpy_model.load_weights(weights)

    def graph(strategy: DecodingStrategy) -> onnx.ModelProto:
        parts = part_graphs(plan, weights, registry, copies=strategy.rows)
        constants = {name: op.const(array) for name, array in parts.weights.items()}
        defaults = typed_settings(strategy, {"max_length": MAX_LENGTH})
        inputs = {name: argument(Tensor(default.dtype, ())) for name, default in defaults.items()}
        settings = {name: OnnxArray(var) for name, var in inputs.items()}
        inputs["source_ids"] = argument(Tensor(np.int64, ("B", "S")))
        inputs["source_lengths"] = argument(Tensor(np.int64, ("B",)))
        inputs["prefix_ids"] = argument(Tensor(np.int64, (None, "P")))
        loop = DecodingLoop(parts, strategy, settings, constants)
        found = loop.search(*(OnnxArray(inputs[name]) for name in ("source_ids", "source_lengths", "prefix_ids")))
        model = build(inputs, {f"found_{name}": array.var for name, array in found.items()})
        model.ir_version = IR_VERSION
        return model

    return numpy_model, graph


@pytest.mark.filterwarnings("ignore:Output type for variable")  # of a Loop; the file's outputs get theirs back
@pytest.mark.parametrize(("name", "options"), STRATEGIES)
def test_loop_finds_what_the_search_finds(
    tiny: tuple[NumpyModel, Graph],
    registry: Registry,
    name: str,
    options: dict[str, Any],
) -> None:
    model, graph = tiny
    strategy = make_strategy(name, options, registry)
    session = onnxruntime.InferenceSession(graph(strategy).SerializeToString(), providers=["CPUExecutionProvider"])
    names = [output.name.removeprefix("found_") for output in session.get_outputs()]
    assert set(names) == {field.name for field in fields(Hypotheses)}
    for settings, prefix_ids in CALLS:
        typed = typed_settings(strategy, {"max_length": MAX_LENGTH, **settings})
        inputs = {"source_ids": SOURCES[0], "source_lengths": SOURCES[1], "prefix_ids": prefix_ids}
        found = session.run(None, inputs | typed)
        expected = search(model.stepper(), strategy, *SOURCES, {"max_length": MAX_LENGTH, **settings}, prefix_ids)
        for field, array in zip(names, found, strict=True):
            np.testing.assert_allclose(array, getattr(expected, field), atol=1e-5, err_msg=f"{field}, {settings}")


@pytest.mark.filterwarnings("ignore:Output type for variable")
@pytest.mark.parametrize(("name", "options"), STRATEGIES)
def test_a_source_that_is_done_is_stepped_no_more(
    tiny: tuple[NumpyModel, Graph], registry: Registry, name: str, options: dict[str, Any]
) -> None:
    """At each step the model has K rows for each source that still goes on when it is decoded alone."""
    model, graph = tiny
    strategy = make_strategy(name, options, registry)
    inputs = typed_settings(strategy, {"max_length": 30}) | {"prefix_ids": NO_PREFIXES[:1]}
    ids, lengths = SOURCES
    each = ((ids[i : i + 1], lengths[i : i + 1]) for i in range(len(ids)))
    alone = [search(model.stepper(), strategy, *source, {"max_length": 30}) for source in each]
    steps = np.array([found.ids.shape[-1] for found in alone])
    assert len(set(steps)) > 1
    session = onnxruntime.InferenceSession(stepped(graph(strategy)).SerializeToString())
    (rows,) = session.run([ROWS], inputs | {"source_ids": ids, "source_lengths": lengths})
    assert rows.ravel().tolist() == [strategy.rows * int(np.sum(steps > t)) for t in range(max(steps))]


@pytest.mark.filterwarnings("ignore:Output type for variable")
def test_what_is_not_asked_for_is_not_in_the_graph(tiny: tuple[NumpyModel, Graph], registry: Registry) -> None:
    """Prefix and least length stand in branches of an `If`; a scatter runs at each step only for n-grams."""

    def branches(graph: Any) -> list[Any]:
        """Of its first `If`: what is done if not, and if so."""
        found = next(node for node in graph.node if node.op_type == "If").attribute
        return [branch.g for branch in sorted(found, key=lambda a: a.name)]

    def operators(**options: Any) -> list[list[str]]:
        """Of a step that nothing binds, of one that the least length alone does, and of one in a prefix."""
        model = tiny[1](make_strategy("beam", options, registry))
        body = next(node for node in model.graph.node if node.op_type == "Loop").attribute[0].g
        free, bound = branches(body)
        return [
            [node.op_type for graph in graphs for node in graph.node]
            for graphs in ([body, free], *([body, bound, each] for each in branches(bound)))
        ]

    free, short, prefixed = operators()
    assert free.count("If") == 1
    assert not {"ScatterElements", "Log"} & set(free)
    assert (short.count("ScatterElements"), prefixed.count("ScatterElements")) == (1, 2)
    assert "Log" not in short + prefixed
    assert operators(no_repeat_ngram_size=3)[0].count("ScatterElements") == 1
    assert "Log" in operators(coverage_penalty=0.5)[0]


@pytest.mark.filterwarnings("ignore:Output type for variable")
@pytest.mark.parametrize(("name", "options"), STRATEGIES)
def test_a_graph_is_the_same_whenever_it_is_made(
    tiny: tuple[NumpyModel, Graph], registry: Registry, name: str, options: dict[str, Any]
) -> None:
    one, other = (tiny[1](make_strategy(name, options, registry)) for _ in range(2))
    assert one.SerializeToString(deterministic=True) == other.SerializeToString(deterministic=True)

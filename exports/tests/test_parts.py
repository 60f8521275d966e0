"""The encoder's and the step's graph give what the reference model gives with numpy."""

from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
import pytest

from s2s_onnx.graph.parts import ENCODED, MEMORY, PartGraph, PartGraphs, part_graphs
from s2s_toolkit.arrays import NumpyNamespace
from s2s_toolkit.batches import source_arrays
from s2s_toolkit.config_sections import ModelConfig
from s2s_toolkit.model import ModelPlan, build_parts
from s2s_toolkit.parts.attention import Memory
from s2s_toolkit.reference import PortableModel
from s2s_toolkit.registry import Registry
from s2s_toolkit.strategies.contract import NEVER
from s2s_toolkit.symbols import BOS, PAD

SOURCE_SIZE, TARGET_SIZE = 11, 13
RunGraph = Callable[..., dict[str, np.ndarray]]

GRU, LSTM = {"name": "gru", "size": 3}, {"name": "lstm", "size": 3}
BAHDANAU, LUONG = {"name": "bahdanau", "size": 6}, {"name": "luong", "size": 6}
ENCODERS = {
    "gru": GRU,
    "gru, one direction": {**GRU, "bidirectional": False},
    "gru, two layers": {**GRU, "num_layers": 2},
    "lstm": LSTM,
    "lstm, one direction, two layers": {**LSTM, "bidirectional": False, "num_layers": 2},
    "lstm, three layers": {**LSTM, "num_layers": 3},
    "gru, two layers, normalized": {**GRU, "num_layers": 2, "layer_norm": True},
    "lstm, one direction, normalized": {**LSTM, "size": 6, "bidirectional": False, "layer_norm": True},
}
SCORERS = {
    "additive": {"name": "additive", "size": 7},
    "dot": {"name": "dot"},
    "general": {"name": "general"},
    "scaled_dot": {"name": "scaled_dot", "size": 7},
    "concat": {"name": "concat", "size": 7},
}
DECODERS = {
    "bahdanau": BAHDANAU,
    "bahdanau, lstm, readout": {**BAHDANAU, "cell": "lstm", "readout_size": 5},
    "bahdanau, two layers": {**BAHDANAU, "num_layers": 2},
    "luong": LUONG,
    "luong, lstm, two layers": {**LUONG, "cell": "lstm", "num_layers": 2, "readout_size": 5},
    "luong, unfed": {**LUONG, "input_feeding": False, "readout_size": 5},
    "bahdanau, normalized, zero bridge": {**BAHDANAU, "layer_norm": True, "bridge": "zero", "readout_size": 5},
    "luong, two layers, normalized, copying bridge": {**LUONG, "num_layers": 2, "layer_norm": True, "bridge": "copy"},
}
MODELS = {
    **{f"encoder {name}": (encoder, SCORERS["additive"], BAHDANAU) for name, encoder in ENCODERS.items()},
    **{f"scorer {name}": (GRU, scorer, LUONG) for name, scorer in SCORERS.items()},
    **{f"decoder {name}": (LSTM, SCORERS["general"], decoder) for name, decoder in DECODERS.items()},
}
SOURCES = {
    "one source": [[4, 5, 6, 7, 10]],
    "padded": [[4, 5, 6, 7, 8, 9, 10], [], [10, 9], [5], [1, 1, 1, 1]],
    "empty alone": [[]],
}


TIED = {
    "tied softmax": {"tied_softmax": True},
    "tied embeddings": {"tied_embeddings": True},
    "both tied": {"tied_softmax": True, "tied_embeddings": True},
}
MODELS |= {name: (GRU, SCORERS["dot"], {**BAHDANAU, "readout_size": 5}, keys) for name, keys in TIED.items()}


class Sides:
    """The reference and the graphs of one model."""

    def __init__(self, parts: Any, registry: Registry, draw: Callable[..., Any]) -> None:
        encoder, attention, decoder, *others = parts
        sections = {"encoder": encoder, "attention": attention, "decoder": decoder}
        config = ModelConfig.model_validate({"embedding_size": 5, **sections, **dict(*others)})
        plan = ModelPlan(config, TARGET_SIZE if config.tied_embeddings else SOURCE_SIZE, TARGET_SIZE)
        weights = draw(plan)
        self.reference = PortableModel(NumpyNamespace(), build_parts(config, registry, "numpy"), weights)
        self.graphs: PartGraphs = part_graphs(plan, weights, registry)
        self.weights = weights

    def run(self, part: PartGraph, run_graph: RunGraph, **inputs: np.ndarray) -> dict[str, np.ndarray]:
        return run_graph(part.model, inputs | {name: self.graphs.weights[name] for name in part.weights})


@pytest.fixture(scope="module")
def sides(request: pytest.FixtureRequest, registry: Registry, random_weights: Callable[..., Any]) -> Sides:
    return Sides(MODELS[request.param], registry, random_weights)


@pytest.mark.parametrize("sides", MODELS, indirect=True)
def test_graphs_equal_the_reference(sides: Sides, run_graph: RunGraph) -> None:
    for sources in SOURCES.values():
        source_ids, source_lengths = source_arrays(sources)
        found = sides.run(sides.graphs.encoder, run_graph, source_ids=source_ids, source_lengths=source_lengths)
        memory, state = sides.reference.start(source_ids, source_lengths)
        fixed = {name: found.pop(name) for name in MEMORY}
        expected = {ENCODED: memory.values, "keys": memory.keys, "mask": memory.mask, **state}
        assert_close(found | {name: fixed[name] for name in ("keys", "mask")}, expected)
        assert_steps_equal(sides, run_graph, memory, state, fixed)


def assert_steps_equal(
    sides: Sides, run_graph: RunGraph, memory: Memory, state: dict[str, np.ndarray], fixed: dict[str, np.ndarray]
) -> None:
    """Three steps, each from the reference's state; what attention averages is the graph's own affair."""
    for previous in (BOS, 4, TARGET_SIZE - 1):
        previous_ids = np.full(len(memory.values), previous)
        found = sides.run(sides.graphs.step, run_graph, previous_ids=previous_ids, **fixed, **state)
        logits, attention, state = sides.reference.step(previous_ids, memory, state)
        logits = logits.copy()
        logits[:, [PAD, BOS]] = NEVER
        next_state = {f"next_{name}": array for name, array in state.items()}
        assert_close(found, {"logits": logits, "attention": attention, **next_state})
        assert (found["attention"][~memory.mask] == 0).all()


def assert_close(found: dict[str, np.ndarray], expected: dict[str, np.ndarray]) -> None:
    assert found.keys() == expected.keys()
    for name, array in expected.items():
        assert found[name].dtype == array.dtype, name
        np.testing.assert_allclose(found[name], array, rtol=1e-6, atol=1e-5, err_msg=name)


@pytest.mark.parametrize("sides", ["encoder gru", "decoder luong, lstm, two layers"], indirect=True)
def test_what_the_encoder_gives_the_step_takes(sides: Sides) -> None:
    step = sides.graphs.step
    given = types(sides.graphs.encoder.model.graph.output)
    taken = types(value for value in step.model.graph.input if value.name not in step.weights)
    given.pop(ENCODED)  # which is there to be looked at
    assert given == {name: taken[name] for name in given}
    assert given.keys() == {*sides.graphs.memory, *sides.graphs.state} == taken.keys() - {"previous_ids"}
    carried = {name.removeprefix("next_"): kind for name, kind in types(step.model.graph.output).items()}
    assert {name: carried[name] for name in sides.graphs.state} == {name: taken[name] for name in sides.graphs.state}


@pytest.mark.parametrize("sides", MODELS, indirect=True)
def test_weights_are_inputs_by_their_names_and_nowhere_else(sides: Sides) -> None:
    """Only the output bias is not as it was: PAD and BOS never stand in a target."""
    graphs = sides.graphs
    assert {*graphs.encoder.weights, *graphs.step.weights} == graphs.weights.keys() == sides.weights.keys()
    for part in (graphs.encoder, graphs.step):
        inputs = {value.name: value for value in part.model.graph.input}
        assert types(inputs[name] for name in part.weights) == {
            name: (onnx.TensorProto.FLOAT, list(graphs.weights[name].shape)) for name in part.weights
        }
        assert not part.model.graph.initializer
        constants = [node.attribute[0].t for node in part.model.graph.node if node.op_type == "Constant"]
        assert all(np.prod(constant.dims) <= 4 or constant_is_zero(constant) for constant in constants)
    for name, array in graphs.weights.items():
        changed = np.isin(np.arange(len(array)), (PAD, BOS)) if name == "output.bias" else np.zeros(array.shape, bool)
        np.testing.assert_array_equal(array, np.where(changed, np.float32(NEVER), sides.weights[name]))


def constant_is_zero(constant: onnx.TensorProto) -> bool:
    return not onnx.numpy_helper.to_array(constant).any()


@pytest.mark.parametrize("sides", ["scorer additive"], indirect=True)
def test_the_step_computes_no_shape(sides: Sides) -> None:
    operators = {node.op_type for node in sides.graphs.step.model.graph.node}
    assert not operators & {"Shape", "ConstantOfShape", "Expand", "If", "Cast"}


def types(values: Any) -> dict[str, tuple[int, list[Any]]]:
    def axes(value: onnx.ValueInfoProto) -> list[Any]:
        dims = value.type.tensor_type.shape.dim
        return [dim.dim_value or dim.dim_param for dim in dims]

    return {value.name: (value.type.tensor_type.elem_type, axes(value)) for value in values}

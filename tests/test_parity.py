"""Two frameworks, one model: numpy reference, PyTorch, TensorFlow and the ONNX file agree on the same weights."""

from dataclasses import dataclass

import numpy as np
import pytest

from s2s_toolkit.batches import Batch, make_batch
from s2s_toolkit.config_sections import ModelConfig
from s2s_toolkit.contracts import FrameworkModel, OptimizerOptions
from s2s_toolkit.loading import make_strategy
from s2s_toolkit.model import ModelPlan, build_parts, declared_weights, reference_parts
from s2s_toolkit.plugins import load_registry
from s2s_toolkit.registry import Registry
from s2s_toolkit.search import search
from s2s_toolkit.testing.requirements import require
from s2s_toolkit.text import TextSide
from s2s_toolkit.tokenizers import Characters, Separator
from s2s_toolkit.translator import Translator
from s2s_toolkit.vocabulary import Vocabulary
from s2s_toolkit.weights import initial_weights

FRAMEWORKS = ("torch", "tensorflow")
SOURCE = TextSide(Characters(), Vocabulary(list("abcdefg")))
TARGET = TextSide(Separator(), Vocabulary([f"t{number}" for number in range(9)]))
TEXTS = ["abcdefg", "", "gaz", "b", "ffeeddccbbaa"]

BAHDANAU, LUONG = {"name": "bahdanau"}, {"name": "luong"}
GRU, LSTM = {"name": "gru", "size": 3}, {"name": "lstm", "size": 3}
MODELS = {
    # every scorer, encoder, decoder, cell and option stands in at least one
    "bahdanau additive": (GRU, {"name": "additive", "size": 7}, {**BAHDANAU, "size": 5}),
    "bahdanau dot deep": (
        LSTM,
        {"name": "dot"},
        {**BAHDANAU, "size": 6, "cell": "lstm", "num_layers": 2, "readout_size": 11},
    ),
    "bahdanau one way": (
        {**GRU, "bidirectional": False, "num_layers": 2},
        {"name": "general"},
        {**BAHDANAU, "size": 5, "readout_size": 4},
    ),
    "luong concat": (LSTM, {"name": "concat", "size": 7}, {**LUONG, "size": 5, "cell": "lstm"}),
    "luong scaled_dot deep": (
        {**GRU, "num_layers": 2},
        {"name": "scaled_dot", "size": 4},
        {**LUONG, "size": 5, "num_layers": 2, "readout_size": 8},
    ),
    "luong unfed": (GRU, {"name": "dot"}, {**LUONG, "size": 6, "input_feeding": False, "readout_size": 5}),
    "luong unfed lstm": (
        {**LSTM, "num_layers": 2, "bidirectional": False},
        {"name": "additive", "size": 4},
        {**LUONG, "size": 5, "input_feeding": False, "cell": "lstm", "num_layers": 2},
    ),
    "luong general": (GRU, {"name": "general"}, {**LUONG, "size": 4}),
    "bahdanau normalized": (
        {**GRU, "num_layers": 2, "layer_norm": True},
        {"name": "additive", "size": 7},
        {**BAHDANAU, "size": 5, "num_layers": 2, "layer_norm": True, "bridge": "zero", "readout_size": 4},
    ),
    "luong unfed normalized tied": (
        {**LSTM, "size": 6, "num_layers": 2, "bidirectional": False, "layer_norm": True},
        {"name": "dot"},
        {**LUONG, "size": 6, "input_feeding": False, "layer_norm": True, "bridge": "copy", "readout_size": 5},
        {"tied_softmax": True},
    ),
}
STRATEGIES = {
    "greedy": {},
    "beam": {"beam_size": 4, "n_best": 3, "length_penalty": 0.6},
    "sample": {"num_samples": 2, "temperature": 1.2, "top_k": 8, "top_p": 0.95, "seed": 7},
}


@dataclass(frozen=True)
class Case:
    """A model on random weights: the reference, and the registry and plan to build its twins with."""

    registry: Registry
    plan: ModelPlan
    weights: dict[str, np.ndarray]
    reference: FrameworkModel

    def build(self, framework: str) -> FrameworkModel:
        require(framework)
        model = self.registry.load("framework", framework)().build(
            self.plan, build_parts(self.plan.config, self.registry, framework)
        )
        model.load_weights(self.weights)
        return model


@pytest.fixture(scope="module")
def registry() -> Registry:
    return load_registry()


@pytest.fixture(scope="module", params=MODELS)
def case(request: pytest.FixtureRequest, registry: Registry) -> Case:
    encoder, attention, decoder, *others = MODELS[request.param]
    sections = {"encoder": encoder, "attention": attention, "decoder": decoder}
    config = ModelConfig.model_validate({"embedding_size": 5, "dropout": 0.5, **sections, **dict(*others)})
    plan = ModelPlan(config, len(SOURCE.vocabulary), len(TARGET.vocabulary))
    rng = np.random.default_rng(3)
    drawn = initial_weights(declared_weights(plan, reference_parts(config, registry, "numpy")), seed=1)
    weights = {name: array + rng.normal(0, 0.4, array.shape).astype(np.float32) for name, array in drawn.items()}
    reference = registry.load("framework", "numpy")().build(plan, build_parts(config, registry, "numpy"))
    reference.load_weights(weights)
    return Case(registry, plan, weights, reference)


@pytest.fixture(scope="module")
def batch() -> Batch:
    rng = np.random.default_rng(5)
    lengths = [(7, 3), (5, 5), (0, 1), (3, 2)]
    return make_batch([(rng.integers(4, 11, s).tolist(), rng.integers(4, 13, t).tolist()) for s, t in lengths])


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_framework_equals_reference(case: Case, batch: Batch, framework: str) -> None:
    model = case.build(framework)
    assert {name: array.shape for name, array in model.weights().items()} == {
        name: array.shape for name, array in case.weights.items()
    }
    memory = model.encode(batch.source_ids, batch.source_lengths)
    np.testing.assert_allclose(memory, case.reference.encode(batch.source_ids, batch.source_lengths), atol=1e-5)
    logits, attention = model.teacher_forced(batch)
    expected_logits, expected_attention = case.reference.teacher_forced(batch)
    np.testing.assert_allclose(logits[batch.target_mask], expected_logits[batch.target_mask], atol=1e-5)
    np.testing.assert_allclose(attention[batch.target_mask], expected_attention[batch.target_mask], atol=1e-5)
    np.testing.assert_allclose(model.loss(batch), case.reference.loss(batch), rtol=1e-5)
    for name, options in STRATEGIES.items():
        found, expected = (
            search(
                m.stepper(),
                make_strategy(name, options, case.registry),
                batch.source_ids,
                batch.source_lengths,
                {"max_length": 9},
            )
            for m in (model, case.reference)
        )
        np.testing.assert_array_equal(found.ids, expected.ids, err_msg=name)
        np.testing.assert_allclose(found.scores, expected.scores, atol=1e-5)
        np.testing.assert_allclose(found.attention, expected.attention, atol=1e-5)


@pytest.mark.parametrize("framework", ["numpy", *FRAMEWORKS])
def test_memory_is_that_of_each_source_alone_and_zero_on_padding(case: Case, batch: Batch, framework: str) -> None:
    model = case.build(framework)
    memory = model.encode(batch.source_ids, batch.source_lengths)
    assert memory.dtype == np.float32
    for row, length in enumerate(batch.source_lengths):
        alone = model.encode(batch.source_ids[row : row + 1, :length], batch.source_lengths[row : row + 1])
        np.testing.assert_allclose(memory[row, :length], alone[0], rtol=1e-5, atol=1e-6)
        assert np.abs(alone).max() > 0.01
        assert (memory[row, length:] == 0).all()


def test_exported_file_equals_reference(case: Case) -> None:
    modules = "graph.assembly", "graph.interface", "graph.parts", "storage.store"
    assembly, interface, parts, storage = (pytest.importorskip(f"s2s_onnx.{name}") for name in modules)
    onnxruntime = pytest.importorskip("onnxruntime")
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    text_interface = interface.TextInterface(SOURCE, TARGET)
    for name, chosen in STRATEGIES.items():
        strategy = make_strategy(name, chosen, case.registry)
        graphs = parts.part_graphs(case.plan, case.weights, case.registry, copies=strategy.rows)
        model = assembly.assemble(graphs, strategy, {"max_length": 9}, text_interface, ["text", "scores"])
        model = storage.store(model, graphs.weights)
        session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        text, scores = session.run(["text", "scores"], {"source": np.asarray(TEXTS, dtype=object)})
        expected = Translator(case.reference.stepper(), SOURCE, TARGET, strategy, {"max_length": 9})(TEXTS)
        assert text.tolist() == [[result.text for result in (t, *t.alternatives)] for t in expected], name
        np.testing.assert_allclose(scores, [[r.score for r in (t, *t.alternatives)] for t in expected], atol=1e-5)


def test_adam_takes_the_same_steps_in_both_frameworks(case: Case, batch: Batch) -> None:
    """Without dropout, ten steps leave the same weights: clipped, decayed, averaged, and with labels smoothed."""
    config = case.plan.config.model_copy(update={"dropout": 0.0})
    models = []
    for framework in FRAMEWORKS:
        require(framework)
        plan = ModelPlan(config, case.plan.source_size, case.plan.target_size)
        model = case.registry.load("framework", framework)().build(plan, build_parts(config, case.registry, framework))
        model.load_weights(case.weights)
        options = OptimizerOptions(clip_norm=0.5, weight_decay=0.1, label_smoothing=0.2, moving_average=0.9)
        optimizer = model.optimizer(options)
        losses = [optimizer.step([batch], learning_rate=1e-3, seeds=[step]) for step in range(10)]
        assert losses[-1] < losses[0]
        models.append((model.weights(), optimizer.state(), losses))
    (weights, state, losses), (other_weights, other_state, other_losses) = models
    np.testing.assert_allclose(losses, other_losses, rtol=1e-4)
    assert state.keys() == other_state.keys()
    assert state["steps"] == other_state["steps"] == 10
    for name, array in weights.items():
        np.testing.assert_allclose(array, other_weights[name], atol=1e-4, err_msg=name)
        np.testing.assert_allclose(state[f"average.{name}"], other_state[f"average.{name}"], atol=1e-4, err_msg=name)

"""Mixed precision: products of a training step in 16 bits, everything that lasts in 32."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from s2s_toolkit.batches import Batch, make_batch
from s2s_toolkit.config_sections import ModelConfig
from s2s_toolkit.contracts import FrameworkModel, Optimizer, OptimizerOptions
from s2s_toolkit.errors import UnsupportedError
from s2s_toolkit.loading import build_model
from s2s_toolkit.model import ModelPlan
from s2s_toolkit.registry import Registry
from s2s_toolkit.testing.requirements import require
from s2s_toolkit.weights import prefixed

MODELS: dict[str, dict[str, Any]] = {
    "gru, bahdanau": {
        "encoder": {"name": "gru", "size": 24, "num_layers": 2, "layer_norm": True},
        "attention": {"name": "additive", "size": 40},
        "decoder": {"name": "bahdanau", "size": 32, "num_layers": 2, "layer_norm": True},
    },
    "lstm, luong": {
        "encoder": {"name": "lstm", "size": 24},
        "attention": {"name": "general"},
        "decoder": {"name": "luong", "size": 32, "cell": "lstm", "bridge": "zero"},
    },
}
DIGITS = {"bf16": 8, "fp16": 11}
FITTING, TOO_GREAT = 2.0**10, 2.0**40
RNG = np.random.default_rng(5)
EXAMPLES = [(RNG.integers(4, 11, s).tolist(), RNG.integers(4, 13, s).tolist()) for s in (7, 5, 3, 6, 2, 9, 1, 8)]
CASES = [
    *(("torch", model, precision) for model in MODELS for precision in DIGITS),
    *(("tensorflow", model, "bf16") for model in MODELS),
    ("tensorflow", "lstm, luong", "fp16"),
]
IN_FP16 = [case for case in CASES if case[1:] == ("lstm, luong", "fp16")]
State = dict[str, np.ndarray]


def start_of(weights: Mapping[str, np.ndarray], loss_scale: float = FITTING) -> State:
    """An optimizer's state before its first step."""
    zeros = {name: np.zeros_like(array) for name, array in weights.items()}
    scale = {"loss_scale": np.asarray(loss_scale), "good_steps": np.asarray(0)}
    return {**prefixed(zeros, "mean"), **prefixed(zeros, "variance"), "steps": np.asarray(0), **scale}


@dataclass(frozen=True)
class Subject:
    """A model in a precision, and its optimizers by their options: TensorFlow takes seconds to trace each."""

    model: FrameworkModel
    precision: str
    weights: dict[str, np.ndarray]
    optimizers: dict[OptimizerOptions, Optimizer] = field(default_factory=dict)

    @property
    def options(self) -> OptimizerOptions:
        return OptimizerOptions(precision=self.precision, label_smoothing=0.1, clip_norm=0.1)

    def start(self, options: OptimizerOptions, **scale: float) -> Optimizer:
        """The optimizer before its first step, and the model on its first weights."""
        self.model.load_weights(self.weights)
        if options not in self.optimizers:
            self.optimizers[options] = self.model.optimizer(options)
        self.optimizers[options].load_state(start_of(self.weights, **scale))
        return self.optimizers[options]


@pytest.fixture(scope="module")
def batch() -> Batch:
    return make_batch(EXAMPLES)


@pytest.fixture(scope="module")
def subjects(registry: Registry) -> dict[tuple[str, str, str], Subject]:
    """Those that there are so far."""
    return {}


@pytest.fixture(params=CASES, ids=", ".join)
def subject(
    request: pytest.FixtureRequest,
    subjects: dict[tuple[str, str, str], Subject],
    registry: Registry,
    monkeypatch: pytest.MonkeyPatch,
) -> Subject:
    framework, name, precision = request.param
    require(framework)
    if (framework, precision) == ("tensorflow", "fp16"):
        emulate_fp16(monkeypatch)
    if request.param not in subjects:
        model = build(framework, name, registry)
        subjects[request.param] = Subject(model, precision, drawn_weights(model))
    return subjects[request.param]


def build(framework: str, name: str, registry: Registry, *, devices: int = 1) -> FrameworkModel:
    config = ModelConfig.model_validate({"embedding_size": 16, **MODELS[name]})
    return build_model(ModelPlan(config, 11, 13), registry, framework, devices=devices)


def drawn_weights(model: FrameworkModel) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(3)
    return {n: rng.normal(0, 0.2, array.shape).astype(np.float32) for n, array in sorted(model.weights().items())}


def emulate_fp16(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let TensorFlow have fp16 on any processor: it has a rewriting for that, which no option reaches."""
    import tensorflow as tf
    from tensorflow.python.eager import context

    emulating = tf.compat.v1.ConfigProto()
    rewriting = emulating.graph_options.rewrite_options
    rewriting.auto_mixed_precision_cpu = rewriting.ON
    found = tf.config.optimizer.set_experimental_options

    def set_options(options: dict[str, bool]) -> None:
        if (wanted := options.get("auto_mixed_precision")) is not None:
            context.context()._config = emulating if wanted else None
        found(options)

    monkeypatch.setattr(tf.config.optimizer, "set_experimental_options", set_options)
    monkeypatch.setenv("TF_AUTO_MIXED_PRECISION_GRAPH_REWRITE_EMULATE_FP16", "0")  # else it would be in 32 bits


def test_the_first_loss_is_that_of_32_bits_within_the_rounding_of_16(subject: Subject, batch: Batch) -> None:
    optimizer = subject.start(subject.options)
    exact = subject.model.loss(batch)
    rounded = optimizer.step([batch], learning_rate=0.0, seeds=[1])
    assert rounded == pytest.approx(exact, rel=2.0 ** (1 - DIGITS[subject.precision]))
    assert abs(rounded - exact) > 1e-7 * exact
    assert subject.model.loss(batch) == exact  # validation and decoding stay what they are


def test_the_loss_falls_as_in_32_bits(subject: Subject, batch: Batch) -> None:
    curves = []
    for options in (replace(subject.options, precision="fp32"), subject.options):
        optimizer = subject.start(options)
        curves.append([optimizer.step([batch], learning_rate=0.01, seeds=[n]) for n in range(12)])
    assert all(after < before for before, after in pairwise(curves[1]))
    np.testing.assert_allclose(curves[1], curves[0], rtol=2.0 ** (3 - DIGITS[subject.precision]))
    assert curves[1] != curves[0]


def test_what_lasts_is_in_32_bits_and_goes_on_bit_by_bit(subject: Subject, batch: Batch) -> None:
    optimizer = subject.start(subject.options)
    for seed in (1, 2):
        optimizer.step([batch, batch], learning_rate=0.01, seeds=[seed, seed])
    middle, state = subject.model.weights(), optimizer.state()
    left = []
    for restored in (False, True):
        if restored:
            subject.model.load_weights(middle)
            optimizer.load_state(state)
        optimizer.step([batch, batch], learning_rate=0.01, seeds=[3, 3])
        left.append({**subject.model.weights(), **optimizer.state()})
    for name, array in left[0].items():
        np.testing.assert_array_equal(array, left[1][name], err_msg=name)
        assert array.dtype == np.float32 or name in ("steps", "loss_scale", "good_steps")


@pytest.mark.parametrize("subject", IN_FP16, indirect=True, ids=", ".join)
def test_a_step_whose_scaled_gradient_is_not_finite_is_left_out(subject: Subject, batch: Batch) -> None:
    optimizer = subject.start(subject.options)
    optimizer.step([batch], learning_rate=0.01, seeds=[1])
    before = optimizer.state()
    optimizer.load_state({**before, "loss_scale": np.asarray(TOO_GREAT)})
    weights, loss = subject.model.weights(), subject.model.loss(batch)
    told = optimizer.step([batch, batch], learning_rate=0.01, seeds=[2, 2])
    assert told == pytest.approx(2 * loss, rel=2**-10)
    after = optimizer.state()
    assert (after.pop("loss_scale"), after.pop("good_steps")) == (TOO_GREAT / 2, 0)
    for name, array in {**subject.model.weights(), **after}.items():
        np.testing.assert_array_equal(array, {**weights, **before}[name], err_msg=name)


@pytest.mark.parametrize("subject", IN_FP16, indirect=True, ids=", ".join)
def test_the_gradient_is_clipped_without_its_scale(subject: Subject, batch: Batch) -> None:
    """Adam's first mean is a tenth of it; the gradient itself is longer."""
    optimizer = subject.start(subject.options)
    optimizer.step([batch], learning_rate=0.0, seeds=[1])
    means = [array for name, array in optimizer.state().items() if name.startswith("mean.")]
    assert np.sqrt(sum((array**2).sum() for array in means)) == pytest.approx(0.01, rel=1e-3)


@pytest.mark.parametrize("subject", IN_FP16[1:], indirect=True, ids=", ".join)
def test_a_training_goes_on_with_its_scale_in_the_other_framework(
    subject: Subject, registry: Registry, batch: Batch
) -> None:
    require("torch")
    tensorflow, torch = subject.model, build("torch", "lstm, luong", registry)
    torch.load_weights(subject.weights)
    first, second = torch.optimizer(subject.options), subject.start(subject.options)
    first.load_state(start_of(subject.weights, loss_scale=TOO_GREAT))
    first.step([batch], learning_rate=0.01, seeds=[0])
    assert first.state()["steps"] == 0  # left out; and yet there is a state, which has all that resuming needs
    first.load_state({**first.state(), "loss_scale": np.asarray(FITTING)})
    first.step([batch], learning_rate=0.01, seeds=[1])
    for own, other, models in ((first, second, (torch, tensorflow)), (second, first, (tensorflow, torch))):
        models[1].load_weights(models[0].weights())
        other.load_state(own.state())
        losses = [each.step([batch], learning_rate=0.01, seeds=[2]) for each in (own, other)]
        assert losses[1] == pytest.approx(losses[0], rel=1e-3)
        for key in ("loss_scale", "good_steps", "steps"):
            assert own.state()[key] == other.state()[key]
    assert [first.state()[key] for key in ("loss_scale", "good_steps", "steps")] == [FITTING, 3, 3]


def test_a_state_without_a_scale_begins_with_the_first_one(registry: Registry, batch: Batch) -> None:
    require("torch")
    model = build("torch", "lstm, luong", registry)
    model.load_weights(drawn_weights(model))
    exact, half = (model.optimizer(OptimizerOptions(precision=precision)) for precision in ("fp32", "fp16"))
    exact.step([batch], learning_rate=0.01, seeds=[1])
    half.load_state(exact.state())
    assert (half.state()["loss_scale"], half.state()["good_steps"], half.state()["steps"]) == (2**16, 0, 1)
    exact.load_state(half.state())
    assert "loss_scale" not in exact.state()


def test_copies_on_several_devices_leave_out_the_same_steps(registry: Registry, batch: Batch) -> None:
    """Otherwise they would part, and the loss of all their shares would not be that of the first one's weights."""
    require("torch")
    model = build("torch", "lstm, luong", registry, devices=2)
    model.load_weights(drawn_weights(model))
    optimizer = model.optimizer(OptimizerOptions(precision="fp16"))
    optimizer.load_state(start_of(model.weights(), loss_scale=2.0**23))
    for seed in range(14):
        loss = model.loss(batch)
        assert optimizer.step([batch], learning_rate=0.05, seeds=[seed]) == pytest.approx(loss, rel=2**-9)
    state = optimizer.state()
    optimizer.close()
    assert 0 < state["steps"] < 14
    assert state["loss_scale"] == 2.0 ** (23 - 14 + int(state["steps"]))


def test_copies_on_several_devices_leave_out_a_step_that_is_not_finite(registry: Registry, batch: Batch) -> None:
    require("torch")
    model = build("torch", "lstm, luong", registry, devices=2)
    weights = drawn_weights(model)
    weights["source_embedding"][10] = np.inf
    model.load_weights(weights)
    optimizer = model.optimizer(OptimizerOptions(moving_average=0.5))
    good, bad = (make_batch([([4, 5], [6]), ([symbol], [8, 9]), ([7], [5])]) for symbol in (6, 10))
    assert np.isfinite(optimizer.step([good], learning_rate=0.05, seeds=[1]))
    before = model.weights()
    assert np.isnan(optimizer.step([bad], learning_rate=0.05, seeds=[2]))
    assert all(np.array_equal(array, before[name]) for name, array in model.weights().items())
    assert optimizer.step([good], learning_rate=0.05, seeds=[3]) == pytest.approx(model.loss(good), rel=1)
    assert optimizer.state()["steps"] == 2
    optimizer.close()


@pytest.mark.parametrize("precision", DIGITS)
def test_what_tensorflow_does_not_round_is_refused(
    precision: str, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It goes on in 32 bits where a device has nothing else."""
    require("tensorflow")
    import tensorflow as tf

    monkeypatch.setattr(tf.config.optimizer, "set_experimental_options", lambda options: None)
    told = f"^TensorFlow has no {precision} on this (processor|GPU); train in torch or set training.precision to fp32$"
    with pytest.raises(UnsupportedError, match=told):
        build("tensorflow", "lstm, luong", registry).optimizer(OptimizerOptions(precision=precision))

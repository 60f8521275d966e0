"""What holds for encoders, attention scorers and decoders alike: they are tried within a small model."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from s2s_toolkit.checks.parts import check_parts
from s2s_toolkit.loading import load_translator
from s2s_toolkit.model import REFERENCE, SECTIONS
from s2s_toolkit.run import load_checkpoint, save_checkpoint
from s2s_toolkit.testing.agreement import assert_close
from s2s_toolkit.testing.requirements import onnx_exporter, require_framework
from s2s_toolkit.testing.slopes import slopes
from s2s_toolkit.testing.small_model import SmallModel, batch, singles, small_model
from s2s_toolkit.testing.suite import Suite, frameworks_of, registry_with
from s2s_toolkit.testing.untrained_runs import TEXTS, assert_translations_agree
from s2s_toolkit.weights import under

BEAM = {"beam_size": 4, "n_best": 3}


class ModelPartSuite(Suite):
    """Tests of a part within a model whose other parts are built in."""

    @classmethod
    def _beside(cls) -> Mapping[str, Mapping[str, Any]]:
        """The other parts; without input feeding, a decoder scores all steps of a target at once when it trains."""
        return {
            "encoder": {"name": "gru", "size": 6, "bidirectional": False},
            "attention": {"name": "general"},
            "decoder": {"name": "luong", "size": 7, "input_feeding": False},
        }

    @pytest.fixture
    def model(self) -> SmallModel:
        """The model to try."""
        suite: Any = type(self)  # to mypy, a class is not hashable
        return _small_model(suite)

    def test_contract(self, model: SmallModel, framework: str) -> None:
        """Every method returns what it should: names, shapes and types, for sizes that differ from axis to axis."""
        require_framework(framework, model.registry)
        check_parts(model.plan.config, model.registry, framework)

    def test_model_is_finite_and_has_its_shapes(self, model: SmallModel, framework: str) -> None:
        """The model around the part gives logits (B, T, V) and attention (B, T, S), all of them finite."""
        given = batch()
        B, S, T = *given.source_ids.shape, given.target_in.shape[1]
        shapes = {"logits": (B, T, model.plan.target_size), "attention": (B, T, S)}
        for (what, shape), array in zip(shapes.items(), model.model(framework).teacher_forced(given), strict=True):
            assert array.shape == shape, f"{what} of a whole target have shape {array.shape}, expected {shape}"
            assert array.dtype == np.float32, f"{what} of a whole target are {array.dtype}, expected float32"
            assert np.isfinite(array).all(), f"{what} of a whole target are not finite"

    def test_attention_sums_to_one_and_is_zero_on_padding(self, model: SmallModel, framework: str) -> None:
        """At every step, over the source's symbols and its end."""
        given = batch()
        _, attention = model.model(framework).teacher_forced(given)
        assert_close(attention.sum(axis=-1), np.ones(attention.shape[:2]), "attention sums to one at each step")
        for row, length in enumerate(given.source_lengths):
            greatest = attention[row, :, length:].max(initial=0)
            assert greatest == 0, f"padding gets attention, up to {greatest}: are the scores below -1e9?"

    def test_batched_equals_single(self, model: SmallModel, framework: str) -> None:
        """What a source gives does not depend on the others of its batch, nor on how far they pad it."""
        made = model.model(framework)
        logits, attention = made.teacher_forced(batch())
        for row, (own_logits, own_attention) in enumerate(map(made.teacher_forced, singles())):
            T, S = own_attention.shape[1:]
            assert_close(logits[row, :T], own_logits[0], f"logits of source {row} in a batch are those of it alone")
            assert_close(
                attention[row, :T, :S], own_attention[0], f"attention of source {row} in a batch is that of it alone"
            )

    def test_unroll_equals_repeated_step(self, model: SmallModel, framework: str) -> None:
        """Training sees the whole target at once, decoding one symbol after the other; both give the same."""
        made, given = model.model(framework), batch()
        logits, attention = made.teacher_forced(given)
        stepper = made.stepper()
        state = stepper.start(given.source_ids, given.source_lengths, 1)
        for step in range(given.target_in.shape[1]):
            step_logits, step_attention, state = stepper.step(given.target_in[:, step], state)
            assert_close(logits[:, step], step_logits, f"logits of a whole target are those step by step, at {step}")
            assert_close(
                attention[:, step], step_attention, f"attention of a whole target is that step by step, at {step}"
            )

    def test_same_input_gives_same_output(self, model: SmallModel, framework: str) -> None:
        """Dropout is for training alone, nothing else is drawn, and no call leaves anything behind for the next."""
        made = model.model(framework)
        first, second = (made.teacher_forced(batch()) for _ in range(2))
        for what, one, other in zip(("logits", "attention"), first, second, strict=True):
            assert (one == other).all(), f"{what} of one input differ from call to call: is something drawn, or kept?"

    def test_gradients_reach_every_weight(self, model: SmallModel, trainer: str) -> None:
        """Each weight of the part learns from the loss."""
        for name, gradient in under(model.gradients(trainer), model.section).items():
            assert np.isfinite(gradient).all(), f"the gradient of weight {name!r} is not finite; sqrt or log of 0?"
            assert np.abs(gradient).max() > 0, f"no gradient reaches weight {name!r}: is it detached, or not used?"

    def test_gradients_match_finite_differences(self, model: SmallModel, trainer: str) -> None:
        """The loss changes with each weight of the part as its gradient says."""
        for name, (measured, claimed, agrees) in slopes(model, trainer).items():
            assert agrees, (
                f"the gradient of weight {name!r} has the loss change by {claimed:.6g}, it does by {measured:.6g}"
            )

    def test_training_lowers_the_loss(self, model: SmallModel, trainer: str) -> None:
        """Ten steps on one batch."""
        optimizer, made = model.optimizer(trainer), model.model(trainer)
        before = made.loss(batch())
        for step in range(10):
            optimizer.step([batch()], learning_rate=0.01, seeds=[step])
        after = made.loss(batch())
        assert after < before, f"ten steps on one batch take the loss from {before} to {after}"

    def test_one_seed_gives_one_result(self, model: SmallModel, trainer: str) -> None:
        """Trained twice from one seed, dropout included, the model has the same weights to the bit."""
        first, second = (model.trained(trainer) for _ in range(2))
        for name, array in first.items():
            assert (array == second[name]).all(), f"one seed gives weight {name!r} two values: what else is drawn?"

    def test_weights_are_saved_and_loaded(self, model: SmallModel, framework: str, tmp_path: Path) -> None:
        """A checkpoint holds all that the part has learnt: a new model on it gives the same."""
        made = model.model(framework)
        if framework != REFERENCE:
            model.trained(framework)
        save_checkpoint(tmp_path / "weights.safetensors", made.weights())
        restored = model.another(framework)
        restored.load_weights(load_checkpoint(tmp_path / "weights.safetensors").weights)
        expected, found = (each.teacher_forced(batch()) for each in (made, restored))
        for what, one, other in zip(("logits", "attention"), found, expected, strict=True):
            assert_close(one, other, f"{what} are the same after saving and loading; is every weight a parameter?")

    def test_frameworks_agree(self, model: SmallModel, another_framework: str) -> None:
        """On the same weights: their names and shapes, logits and attention."""
        first = model.frameworks[0]
        expected, found = model.model(first), model.model(another_framework)
        told = f"in {another_framework} and in {first}"
        shapes, other_shapes = ({name: array.shape for name, array in m.weights().items()} for m in (found, expected))
        for name in sorted(shapes.keys() | other_shapes.keys()):
            one, other = shapes.get(name, "missing"), other_shapes.get(name, "missing")
            assert one == other, f"weight {name!r} has one shape {told}: {one} and {other}"
        pairs = zip(found.teacher_forced(batch()), expected.teacher_forced(batch()), strict=True)
        for what, (array, other_array) in zip(("logits", "attention"), pairs, strict=True):
            assert_close(array, other_array, f"{what} are the same {told}")

    def test_gradients_agree(self, model: SmallModel, another_trainer: str) -> None:
        """Of every weight of the model, in each framework that trains."""
        first = next(framework for framework in model.frameworks if framework != REFERENCE)
        gradients, expected = model.gradients(another_trainer), model.gradients(first)
        for name in sorted(expected, key=lambda name: not name.startswith(f"{model.section}.")):  # the part's own first
            claim = f"the gradient of {name!r} is the same in {another_trainer} and in {first}"
            assert_close(gradients[name], expected[name], claim, tolerance=1e-4)

    def test_exported_file_agrees(self, model: SmallModel, framework: str, tmp_path: Path) -> None:
        """The file that `s2s export` writes translates as the framework does, alone and in a batch, by beam search."""
        require_framework(framework, model.registry)
        exporter, run, path = onnx_exporter(model.registry), model.run(tmp_path, framework), tmp_path / "model.onnx"
        exporter.export(run, path, model.registry, framework=framework, strategy="beam", options=BEAM)
        file = exporter.open(path, model.registry, {}, device="cpu")
        translate = load_translator(run, model.registry, strategy="beam", options=BEAM)
        for texts in (TEXTS, TEXTS[:1]):
            assert_translations_agree(file(texts), translate(texts), f"the file, as {framework} translates")


@lru_cache(maxsize=1)
def _small_model(suite: type[ModelPartSuite]) -> SmallModel:
    """What the tests of one class share."""
    registry = registry_with(*suite.plugin_files)
    tested = {SECTIONS[suite.kind]: {"name": suite.name, **suite.options}}
    frameworks = frameworks_of(suite.kind, suite.name, registry)
    return small_model(suite.kind, {**suite._beside(), **tested}, frameworks, registry)

"""Trainings in step: what they tell is what the models give, and the frameworks agree."""

import numpy as np
import pytest

from s2s_toolkit.batches import make_batch
from s2s_toolkit.comparison.differences import LOSS, QUANTITIES, largest_difference
from s2s_toolkit.comparison.in_step import (
    ROUNDING,
    mean_gradients,
    prepare_sides,
    train_in_step,
    without_dropout,
)
from s2s_toolkit.config import read_config
from s2s_toolkit.observers import Observer
from s2s_toolkit.testing.requirements import require
from s2s_toolkit.testing.tiny_training import Recorder, train_tiny, write_tiny
from s2s_toolkit.training.loop import prepared

STEPS = 12
EVERY = 5


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    sections = {
        "model": {"dropout": 0.5, "decoder": {"name": "bahdanau", "size": 5, "dropout": 0.5}},
        "training": {"accumulate": 2, "max_epochs": 4},
    }
    return read_config(write_tiny(tmp_path_factory.mktemp("in_step"), **sections))


@pytest.fixture(scope="module")
def found(config, registry):
    require("torch")
    require("tensorflow")
    sides = prepare_sides(config, ["torch", "tensorflow"], registry)
    return train_in_step(sides, steps=STEPS, every=EVERY)


def test_frameworks_agree_from_step_to_step(found):
    assert found.frameworks == ["torch", "tensorflow"]
    assert found.losses["torch"][-1] < found.losses["torch"][0]
    np.testing.assert_allclose(found.losses["torch"], found.losses["tensorflow"], atol=1e-4)
    assert {name: each.value for name, each in found.largest("tensorflow").items()} == pytest.approx(
        dict.fromkeys(QUANTITIES, 0), abs=1e-3
    )


def test_they_begin_with_the_same_weights(found):
    for differences in found.differences.values():
        assert differences["weights"][0].value == 0
        assert max(each.value for each in differences["weights"]) > 0


def test_rounding_is_seen_in_one_framework_too(found):
    assert 0 < found.largest(ROUNDING)["weights"].value < 1e-3


def test_loss_is_compared_at_every_step_and_the_rest_now_and_then(found):
    for differences in found.differences.values():
        steps = {quantity: [each.step for each in seen] for quantity, seen in differences.items()}
        assert steps.pop(LOSS) == list(range(STEPS))
        assert list(steps.values()) == [[0, 5, 10, 11]] * 4
    own, other = np.array(found.losses["torch"]), np.array(found.losses["tensorflow"])
    assert [each.value for each in found.differences["tensorflow"][LOSS]] == list(np.abs(own - other))


def test_losses_are_those_of_a_training(config, found, tmp_path):
    require("torch")
    sections = {
        "model": {"decoder": {"name": "bahdanau", "size": 5}},
        "training": {"accumulate": 2, "max_epochs": 4},
    }
    recorder = Recorder()
    train_tiny(write_tiny(tmp_path, **sections), recorder, {})
    assert list(recorder.losses.values())[:STEPS] == found.losses["torch"]


def test_every_dropout_is_off(config):
    off = without_dropout(config).model
    assert (off.dropout, off.decoder.options["dropout"]) == (0, 0)
    assert off.encoder == config.model.encoder  # which has none


def test_where_noise_is_drawn_by_place_there_is_no_rounding_side(config, registry):
    require("torch")
    training = config.training.model_copy(update={"word_dropout": 0.1})
    sides = prepare_sides(config.model_copy(update={"training": training}), ["torch"], registry)
    assert [side.name for side in sides] == ["torch"]


def test_gradients_of_several_batches_are_those_of_all_pairs(config, registry, tmp_path):
    require("torch")
    model = prepared(without_dropout(config), tmp_path / "unwritten", registry, Observer()).model
    pairs = [([4, 5, 6], [4]), ([5], [4, 6, 5, 7]), ([7, 4], [6, 5])]
    parts = [make_batch(pairs[:1]), make_batch(pairs[1:])]
    mean, whole = mean_gradients(model.gradients, parts), model.gradients(make_batch(pairs))
    for name, gradient in whole.items():
        np.testing.assert_allclose(mean[name], gradient, atol=1e-7, err_msg=name)
        assert mean[name].dtype == np.float32


def test_largest_difference_says_where_it_is():
    first = {"a": np.array([[1.0, -8.0]]), "b": np.zeros(3)}
    other = {"a": np.array([[1.25, -8.0]]), "b": np.array([0.0, -0.5, 0.125])}
    found = largest_difference(first, other, step=7)
    assert (found.step, found.value, found.where, found.size) == (7, 0.5, "b", 0)
    broken = {"a": np.array([[np.nan, 1.0]]), "b": other["b"]}
    assert largest_difference(first, broken, step=0).where == "a"

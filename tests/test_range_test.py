"""The learning-rate range test: what it does to a model, what it suggests, and how it is told."""

import itertools
import json
import math

import pytest

from s2s_toolkit.config import read_config
from s2s_toolkit.observers import Observer
from s2s_toolkit.testing.requirements import require
from s2s_toolkit.training.loop import prepared
from s2s_toolkit.training.range_test import Point, RangeTest, find_learning_rate


def seen(losses):
    """A test whose smoothed losses are given, each rate ten times the one before."""
    return RangeTest([Point(1e-5 * 10.0**n, loss, loss) for n, loss in enumerate(losses)], diverged=False)


@pytest.fixture
def test_of(folder, registry):
    """Test the tiny config in a framework."""

    def run(framework="torch", **how):
        require(framework)
        config = read_config(folder / "tiny.toml").model_copy(update={"framework": framework})
        return find_learning_rate(prepared(config, folder / "run", registry, Observer()), **how)

    return run


def test_rates_rise_by_one_factor_from_the_lowest_to_the_highest(test_of):
    rates = [point.learning_rate for point in test_of(lowest=1e-5, highest=1e-2, steps=11).points]
    assert (rates[0], rates[-1]) == (pytest.approx(1e-5), pytest.approx(1e-2))
    assert [b / a for a, b in itertools.pairwise(rates)] == pytest.approx([10**0.3] * 10)


def test_it_stops_where_the_loss_diverges(test_of):
    found = test_of(lowest=1e-3, highest=1e5, steps=40)
    assert found.diverged
    assert 5 < len(found.points) < 40
    assert all(math.isfinite(point.loss) for point in found.points)
    assert 1e-3 < found.steepest < 100


def test_both_frameworks_see_the_same_losses(test_of):
    torch, tensorflow = (
        [point.loss for point in test_of(framework, lowest=1e-4, highest=1e-1, steps=11).points]
        for framework in ("torch", "tensorflow")
    )
    assert torch == pytest.approx(tensorflow, rel=1e-3)


def test_a_loss_is_smoothed_by_those_before_it(test_of):
    first, second, *_ = test_of(lowest=1e-3, highest=1e-1, steps=11).points
    assert first.smoothed == pytest.approx(first.loss)
    assert second.smoothed == pytest.approx((0.9 * first.loss + second.loss) / 1.9)


def test_the_steepest_descent_and_a_tenth_of_the_least_are_suggested():
    found = seen([5.0, 5.0, 4.8, 3.0, 1.2, 1.1, 6.0])
    assert found.steepest == pytest.approx(1e-2)
    assert found.tenth == pytest.approx(1.0 / 10)


@pytest.mark.parametrize("losses", [[], [3.0], [3.0, 3.1, 3.5, 5.0]])
def test_where_the_loss_never_falls_nothing_is_suggested(losses):
    assert seen(losses).steepest is None
    assert seen(losses).tenth is None


def test_the_command_suggests_and_writes_nothing(s2s, folder, tiny_run):
    before = sorted(folder.rglob("*"))
    done = s2s("find-learning-rate", "tiny.toml", "--lowest", 1e-4, "--steps", 12)
    header, *rows = done.stdout.splitlines()
    assert header.startswith("learning rate\tloss\tsmoothed")
    assert rows[0].startswith("1.00e-04\t")
    assert rows[-2].startswith("steepest descent: ")
    assert rows[-1].startswith("a tenth of the rate of the least loss: ")
    assert "12 steps; the loss" in done.stderr
    assert sorted(folder.rglob("*")) == before


def test_the_curve_is_drawn_and_told_as_json(s2s, folder, tiny_run):
    require("matplotlib")
    done = s2s("find-learning-rate", "tiny.toml", "--steps", 12, "-o", "curve.png", "--json")
    found = json.loads(done.stdout)
    assert found.keys() == {"steepest", "tenth_of_least", "diverged", "points"}
    assert len(found["points"]) == 12
    assert (folder / "curve.png").read_bytes().startswith(b"\x89PNG")
    assert "curve.png exists; give --force" in s2s("find-learning-rate", "tiny.toml", "-o", "curve.png").stderr


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("--set", "attention.sise=5"), "unknown key 'model.attention.sise'; did you mean 'size'?"),
        (("--framework", "numpy"), "the numpy reference does not train"),
        (("--set", "data.train=no.tsv"), "no.tsv: No such file or directory"),
        (("-o", "curve.txt"), "can't draw into curve.txt"),
    ],
)
def test_bad_input_is_one_line(refusal, arguments, line):
    assert line in refusal("find-learning-rate", "tiny.toml", *arguments)


def test_the_lowest_rate_is_below_the_highest(s2s, folder):
    done = s2s("find-learning-rate", "tiny.toml", "--lowest", 1, "--highest", 0.5)
    assert done.exit_code == 2
    assert "--lowest must be below --highest, given 1 and 0.5" in done.stderr

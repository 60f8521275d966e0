"""The mean of checkpoints: each weight is the mean, in either direction of any order, and nothing else is replaced."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result

from s2s_toolkit.averaging import average, mean_weights
from s2s_toolkit.checkpoint_names import checkpoint_names
from s2s_toolkit.errors import RunError
from s2s_toolkit.opening import open_translator
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import load_checkpoint, save_checkpoint

Weights = dict[str, np.ndarray]
SHAPES = {"a": (3, 5), "b": (7,), "c": ()}


def drawn(seed: int, scale: float = 1.0) -> Weights:
    rng = np.random.default_rng(seed)
    return {name: rng.normal(0, scale, shape).astype(np.float32) for name, shape in SHAPES.items()}


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    (tmp_path / "checkpoints").mkdir()

    def save(name: str, weights: Weights) -> Path:
        path = tmp_path / "checkpoints" / f"{name}.safetensors"
        save_checkpoint(path, weights)
        return path

    return save


def test_each_weight_is_the_mean(write: Callable[..., Path]) -> None:
    several = [drawn(seed) for seed in range(3)]
    found = mean_weights([write(f"epoch-{number:04}", weights) for number, weights in enumerate(several)])
    for name, shape in SHAPES.items():
        expected = np.mean([weights[name] for weights in several], axis=0, dtype=np.float64)
        assert (found[name].dtype, found[name].shape) == (np.float32, shape)
        np.testing.assert_array_equal(found[name], expected.astype(np.float32))


def test_the_mean_of_one_or_of_itself_is_itself(write: Callable[..., Path]) -> None:
    weights = drawn(1, scale=1e30)
    path = write("last", weights)
    for paths in ([path], [path] * 3):
        for name, array in mean_weights(paths).items():
            np.testing.assert_array_equal(array, weights[name])


def test_small_weights_are_not_lost_beside_great_ones(write: Callable[..., Path]) -> None:
    """In 32 bits 2**24 and 1 make 2**24."""
    one = {"a": np.float32([2**24])}
    paths = [write("p", one), write("q", {"a": np.float32([3])}), write("r", {"a": np.float32([-(2**24)])})]
    assert mean_weights(paths)["a"] == [1]


def test_all_kept_ones_are_averaged_unless_some_are_named(write: Callable[..., Path], tmp_path: Path) -> None:
    for number, name in enumerate(("best", "last", "epoch-0003", "epoch-0010", "other")):
        write(name, drawn(number))
    assert average(tmp_path) == ["epoch-0003", "epoch-0010"]
    assert average(tmp_path, ["last", "best"], output="both") == ["last", "best"]
    assert checkpoint_names(tmp_path)[-3:] == ["averaged", "both", "other"]


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"a": np.zeros((5, 3), np.float32)}, r"weight 'a' has shapes \(5, 3\) and \(3, 5\)"),
        ({"d": np.zeros(1, np.float32)}, "one lacks weight 'd'"),
    ],
)
def test_checkpoints_of_two_models_have_no_mean(
    write: Callable[..., Path], tmp_path: Path, other: Weights, message: str
) -> None:
    write("one", drawn(1))
    write("two", drawn(2) | other)
    with pytest.raises(RunError, match=message):
        average(tmp_path, ["one", "two"])
    assert checkpoint_names(tmp_path) == ["one", "two"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "run kept no checkpoints of epochs (training.keep_best); name some of those there are: best, last"),
        (("best", "epoch-0001"), "run has no checkpoint 'epoch-0001'; it has: best, last"),
        (("last", "-o", "best"), "'best' is what training calls a checkpoint; choose another name"),
        (("last", "-o", "epoch-0001"), "'epoch-0001' is what training calls a checkpoint; choose another name"),
        (("last", "-o", "../x"), "a checkpoint's name is of letters, digits, '-', '_' and '.', given '../x'"),
    ],
)
def test_what_can_not_be_averaged_is_told(
    refusal: Callable[..., str], run: Path, arguments: list[str], message: str
) -> None:
    assert refusal("average", run, *arguments) == message


def test_the_command_writes_a_checkpoint_that_translates(
    s2s: Callable[..., Result], run: Path, registry: Registry
) -> None:
    done = s2s("average", run, "best", "last")
    assert done.stdout == "run/checkpoints/averaged.safetensors: the mean of best, last\n"
    path, checkpoint = (
        run / "checkpoints" / "last.safetensors",
        load_checkpoint(run / "checkpoints" / "last.safetensors"),
    )
    checkpoint.weights["output.bias"][5] += 9  # a symbol that the best one does not choose
    save_checkpoint(path, checkpoint.weights)
    expected = open_translator(run, registry, checkpoint="last")(["12 ab"])[0]
    assert s2s("average", run, "last").exit_code == 2
    assert s2s("average", run, "last", "--force").exit_code == 0
    texts = [s2s("translate", run, *how, stdin="12 ab\n").stdout for how in ((), ("--checkpoint", "averaged"))]
    assert texts[1] == f"{expected.text}\n" != texts[0]

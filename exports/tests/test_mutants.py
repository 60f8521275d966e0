"""A damaged file ends every command in one clear line: it does not reach onnxruntime, which may crash on it."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from s2s_toolkit.cli import cli
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import Run
from s2s_toolkit.testing.mutants import damaged


@pytest.fixture(scope="module")
def content(exported: Callable[..., Path]) -> bytes:
    return exported("beam", beam_size=2).read_bytes()


@pytest.fixture
def s2s(registry: Registry) -> Callable[..., Result]:
    return lambda *arguments: CliRunner().invoke(cli, [str(argument) for argument in arguments], "ab\n", obj=registry)


def assert_one_line(result: Result, path: Path) -> None:
    assert not result.exception or isinstance(result.exception, SystemExit), result.exception
    assert (result.exit_code, result.stdout) == (2, "")
    (line,) = result.stderr.splitlines()
    assert line.startswith("s2s: ")
    assert str(path) in line


@pytest.mark.long
def test_a_mutant_is_refused_in_one_line(
    content: bytes, s2s: Callable[..., Result], tmp_path: Path, scale: Callable[[int, int], int]
) -> None:
    path, rng = tmp_path / "model.onnx", random.Random(1)
    for _ in range(scale(1000, 5000)):
        path.write_bytes(damaged(content, rng))
        assert_one_line(s2s("translate", path), path)


@pytest.mark.parametrize("command", ["evaluate", "inspect", "plot", "verify"])
def test_every_command_refuses_it(
    content: bytes, s2s: Callable[..., Result], run: Run, tmp_path: Path, command: str
) -> None:
    path, pairs, rng = tmp_path / "model.onnx", tmp_path / "pairs.tsv", random.Random(2)
    pairs.write_text("ab\tx\n")
    others = {
        "evaluate": [pairs],
        "inspect": [],
        "plot": ["ab", "-o", tmp_path / "a.png"],
        "verify": [run.path, "--data", pairs],
    }
    for _ in range(50):
        path.write_bytes(damaged(content, rng))
        assert_one_line(s2s(command, path, *others[command]), path)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["model.onnx", "pairs.tsv"]

"""A damaged file ends every command in one clear line: it does not reach onnxruntime, which may crash on it."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from s2s_toolkit.cli import cli
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import Run

NUM_MUTANTS = 1000


def flip(content: bytearray, rng: random.Random) -> None:
    content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)


def truncate(content: bytearray, rng: random.Random) -> None:
    del content[rng.randrange(len(content)) :]


def overwrite(content: bytearray, rng: random.Random) -> None:
    start, size = rng.randrange(len(content)), rng.randint(1, 4096)
    content[start : start + size] = rng.randbytes(min(size, len(content) - start))


def clear(content: bytearray, rng: random.Random) -> None:
    start, size = rng.randrange(len(content)), rng.randint(1, 4096)
    content[start : start + size] = bytes(min(size, len(content) - start))


def insert(content: bytearray, rng: random.Random) -> None:
    start = rng.randrange(len(content) + 1)
    content[start:start] = rng.randbytes(rng.randint(1, 300))


def delete(content: bytearray, rng: random.Random) -> None:
    start = rng.randrange(len(content))
    del content[start : start + rng.randint(1, 300)]


def repeat(content: bytearray, rng: random.Random) -> None:
    start = rng.randrange(len(content))
    content[start:start] = content[start : start + rng.randint(1, 4096)]


MUTATIONS = (flip, truncate, overwrite, clear, insert, delete, repeat)


@pytest.fixture(scope="module")
def content(exported: Callable[..., Path]) -> bytes:
    return exported("beam", beam_size=2).read_bytes()


@pytest.fixture
def s2s(registry: Registry) -> Callable[..., Result]:
    return lambda *arguments: CliRunner().invoke(cli, [str(argument) for argument in arguments], "ab\n", obj=registry)


def mutants(content: bytes, count: int, seed: int) -> list[bytes]:
    rng = random.Random(seed)
    made = []
    while len(made) < count:
        mutant = bytearray(content)
        for _ in range(rng.choice((1, 1, 1, 2, 8))):
            if mutant:
                rng.choice(MUTATIONS)(mutant, rng)
        if mutant != content:
            made.append(bytes(mutant))
    return made


def assert_one_line(result: Result, path: Path) -> None:
    assert not result.exception or isinstance(result.exception, SystemExit), result.exception
    assert (result.exit_code, result.stdout) == (2, "")
    (line,) = result.stderr.splitlines()
    assert line.startswith("s2s: ")
    assert str(path) in line


def test_a_mutant_is_refused_in_one_line(content: bytes, s2s: Callable[..., Result], tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    for mutant in mutants(content, NUM_MUTANTS, seed=1):
        path.write_bytes(mutant)
        assert_one_line(s2s("translate", path), path)


@pytest.mark.parametrize("command", ["evaluate", "inspect", "plot", "verify"])
def test_every_command_refuses_it(
    content: bytes, s2s: Callable[..., Result], run: Run, tmp_path: Path, command: str
) -> None:
    path, pairs = tmp_path / "model.onnx", tmp_path / "pairs.tsv"
    pairs.write_text("ab\tx\n")
    others = {
        "evaluate": [pairs],
        "inspect": [],
        "plot": ["ab", "-o", tmp_path / "a.png"],
        "verify": [run.path, "--data", pairs],
    }
    for mutant in mutants(content, 50, seed=2):
        path.write_bytes(mutant)
        assert_one_line(s2s(command, path, *others[command]), path)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["model.onnx", "pairs.tsv"]

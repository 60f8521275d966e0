"""translate.js: onnxruntime in Node gives what it gives in Python."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]
Given = Callable[..., list[tuple[str, float]]]


@pytest.fixture(scope="module")
def translate(run_app: Run, models: Path, program: Callable[[str], str], install: Callable[[str], Path]) -> Run:
    """Run translate.js with a reference file."""
    node, app = program("node"), install("node") / "translate.js"

    def run(name: str, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return run_app(node, app, models / f"{name}.onnx", *arguments, stdin=stdin)

    return run


def results(done: subprocess.CompletedProcess[str]) -> list[tuple[str, float]]:
    assert done.returncode == 0, done.stderr
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    return [(text, float(score)) for text, score in lines]


def assert_same(found: list[tuple[str, float]], expected: list[tuple[str, float]]) -> None:
    assert [text for text, _ in found] == [text for text, _ in expected]
    assert [score for _, score in found] == pytest.approx([score for _, score in expected], abs=1e-4)


@pytest.mark.parametrize("name", ["dates-greedy", "dates-beam"])
def test_texts_and_scores_are_those_of_python(
    name: str, translate: Run, onnxruntime_gives: Given, sources: list[str]
) -> None:
    found = results(translate(name, "--max_length=12", *sources))
    assert_same(found, [onnxruntime_gives(name, source)[0] for source in sources])


@pytest.mark.parametrize("seed", [1, 2, 3, 2**31 - 1])
def test_a_seed_gives_the_same_sample_as_in_python(
    seed: int, translate: Run, onnxruntime_gives: Given, sources: list[str]
) -> None:
    settings = {"seed": seed, "temperature": 3, "max_length": 12}
    found = results(translate("dates-sample", *(f"--{name}={value}" for name, value in settings.items()), *sources))
    assert_same(found, [onnxruntime_gives("dates-sample", source, **settings)[0] for source in sources])


def test_a_prefix_is_kept(translate: Run) -> None:
    assert results(translate("dates-greedy", "--prefix=1999", "25 December 2024"))[0][0] == "1999-12-25"


def test_lines_are_read_from_standard_input(translate: Run, sources: list[str]) -> None:
    read = translate("dates-greedy", stdin="".join(f"{source}\n" for source in sources))
    assert results(read) == results(translate("dates-greedy", *sources))


def test_a_file_whose_settings_cannot_be_fed_says_so(
    run_app: Run, exported: Callable[..., Path], program: Callable[[str], str], install: Callable[[str], Path]
) -> None:
    """A file with `--settings optional`: Node would ignore the value without a word."""
    done = run_app(program("node"), install("node") / "translate.js", exported("greedy"), "--max_length=9", "ab")
    assert (done.returncode, done.stdout) == (2, "")
    assert "export with --settings required" in done.stderr

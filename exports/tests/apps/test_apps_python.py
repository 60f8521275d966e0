"""translate.py: the exported file with numpy and onnxruntime alone."""

import ast
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

APP = Path(__file__).parents[2] / "apps/python/translate.py"

Run = Callable[..., subprocess.CompletedProcess[str]]
Given = Callable[..., list[tuple[str, float]]]


@pytest.fixture
def translate(run_app: Run, models: Path) -> Run:
    def run(name: str, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return run_app(sys.executable, "-X", "utf8", APP, models / f"{name}.onnx", *arguments, stdin=stdin)

    return run


def test_it_imports_nothing_but_numpy_and_onnxruntime() -> None:
    nodes = ast.walk(ast.parse(APP.read_text(encoding="utf-8")))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    assert names - set(sys.stdlib_module_names) == {"numpy", "onnxruntime"}


def test_each_text_gives_its_best_result(translate: Run, onnxruntime_gives: Given, sources: list[str]) -> None:
    lines = [line.split("\t") for line in translate("dates-beam", *sources).stdout.splitlines()]
    best = [onnxruntime_gives("dates-beam", source)[0] for source in sources]
    assert [text for text, _ in lines] == [text for text, _ in best]
    assert [float(score) for _, score in lines] == pytest.approx([score for _, score in best], abs=2e-6)


def test_lines_are_read_from_standard_input(translate: Run, sources: list[str]) -> None:
    read = translate("dates-greedy", stdin="".join(f"{source}\n" for source in sources))
    assert read.stdout == translate("dates-greedy", *sources).stdout
    assert len(read.stdout.splitlines()) == len(sources)


def test_settings_are_fed(translate: Run) -> None:
    assert translate("dates-greedy", "--max_length=4", "25 December 2024").stdout.startswith("2024\t")
    assert translate("dates-greedy", "--prefix=1999", "25 December 2024").stdout.startswith("1999-12-25\t")


@pytest.mark.parametrize("strategy", ["greedy", "beam", "sample"])
def test_settings_with_defaults_may_be_left_out(
    strategy: str, run_app: Run, exported: Callable[..., Path], tmp_path: Path
) -> None:
    """A file with `--settings optional`, which no reference file is."""
    path = exported(strategy)
    plain, given = (run_app(sys.executable, APP, path, *more, "ab") for more in ([], ["--max_length=9"]))
    assert plain.stdout == given.stdout != ""


BAD = [
    (["dates-beam", "--seed=3"], "no setting 'seed'"),
    (["dates-beam", "--max_length=long"], "'long'"),
    (["missing"], "missing.onnx"),
]


@pytest.mark.parametrize(("arguments", "message"), BAD)
def test_bad_input_is_told_in_one_line(arguments: list[str], message: str, translate: Run) -> None:
    done = translate(*arguments, "25 December 2024")
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert done.stderr.count("\n") == 1

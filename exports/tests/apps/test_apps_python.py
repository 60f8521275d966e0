"""translate.py: the exported file with numpy and onnxruntime alone."""

import ast
import importlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "apps/python"
APP = FOLDER / "translate.py"

Run = Callable[..., subprocess.CompletedProcess[str]]
Given = Callable[..., list[tuple[str, float]]]


@pytest.fixture
def translate(run_app: Run, models: Path) -> Run:
    def run(name: str, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return run_app(sys.executable, "-X", "utf8", APP, models / f"{name}.onnx", *arguments, stdin=stdin)

    return run


def test_it_imports_nothing_but_numpy_and_onnxruntime() -> None:
    nodes = [node for file in FOLDER.glob("*.py") for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))]
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)}
    assert names - set(sys.stdlib_module_names) == {"numpy", "onnxruntime", "command_line"}


def test_the_function_translate_is_all_that_an_app_needs(
    models: Path, onnxruntime_gives: Given, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Copied alone, without the command line, and with numbers as settings."""
    (tmp_path / "copied_app.py").write_text(APP.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    copied = importlib.import_module("copied_app")
    found = list(copied.translate(models / "dates-beam.onnx", {"max_length": 4}, ["1 May 2025"]))
    assert found == onnxruntime_gives("dates-beam", "1 May 2025", max_length=4)[:1]


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

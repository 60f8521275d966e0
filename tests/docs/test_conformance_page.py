"""docs/conformance.md: its test passes, and neither a suite nor what a test may say of itself is left out."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from s2s_toolkit import testing
from s2s_toolkit.testing.guard import SET_BY_TESTS

PAGE = "docs/conformance.md"


def test_example_passes(
    examples: Callable[[str], list[tuple[str, str]]], tmp_path: Path, require: Callable[..., None]
) -> None:
    require("torch", "tensorflow", "onnx", "onnxruntime", "spox")
    ((name, test),) = examples(PAGE)
    (plugin,) = (code for file, code in examples("docs/plugin_hooks.md") if file == "distance.py")
    (tmp_path / name).write_text(test, encoding="utf-8")
    (tmp_path / "distance.py").write_text(plugin, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", name]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert re.search(r"= \d\d passed in ", done.stdout), done.stdout


def test_everything_that_a_test_may_say_is_listed(table: Callable[..., list[list[str]]]) -> None:
    listed = {name for cell, _ in table(PAGE, "## A test") for name in re.findall(r"`(\w+)`", cell)}
    assert listed == SET_BY_TESTS.union(*(vars(suite).get("settable", ()) for suite in suites()))


def test_every_suite_is_listed(page: Callable[[str], str]) -> None:
    introduction, _, rest = page(PAGE).partition("\n## ")
    assert set(re.findall(r"`(\w+Suite)`", introduction)) == set(testing.__all__)
    with_tests = {suite.__name__ for suite in suites() if any(name.startswith("test_") for name in vars(suite))}
    assert set(re.findall(r"^<!-- checks: (\w+) -->$", rest, re.MULTILINE)) == with_tests


def suites() -> set[type]:
    """The suites and what they inherit."""
    return {base for name in testing.__all__ for base in getattr(testing, name).__mro__}

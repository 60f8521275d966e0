"""The JavaScript of docs/onnx_format.md runs as it stands."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[3] / "docs/onnx_format.md"
TEXTS = ["25 December 2024", "1 May 2025"]


def test_example_translates(
    models: Path,
    tmp_path: Path,
    program: Callable[[str], str],
    install: Callable[[str], Path],
    onnxruntime_gives: Callable[..., list[tuple[str, float]]],
) -> None:
    (code,) = re.findall(r"^```js\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    (tmp_path / "example.js").write_text(code, encoding="utf-8")
    shutil.copy(models / "dates-greedy.onnx", tmp_path / "model.onnx")
    packages = os.environ | {"NODE_PATH": str(install("node") / "node_modules")}
    done = subprocess.run([program("node"), "example.js"], cwd=tmp_path, env=packages, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = [line.split() for line in done.stdout.splitlines()]
    expected = [onnxruntime_gives("dates-greedy", text, max_length=50)[0] for text in TEXTS]
    assert [text for text, _ in found] == [text for text, _ in expected]
    assert [float(score) for _, score in found] == pytest.approx([score for _, score in expected], abs=1e-4)

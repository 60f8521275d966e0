"""What tests of the apps share: reference models, npm packages, onnxruntime's own answers."""

import fcntl
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

EXPORTS = Path(__file__).parents[2]
TYPES = {"tensor(int64)": np.int64, "tensor(float)": np.float32, "tensor(string)": object}


@pytest.fixture(scope="session")
def models() -> Path:
    """The reference files; their lists and expectations lie beside them."""
    return EXPORTS / "models"


@pytest.fixture(scope="session")
def sources() -> list[str]:
    """Texts that an app could spoil on their way."""
    return ["25 December 2024", "٢٥ ديسمبر ٢٠٢٤", "", "🙂 ☃", "3 = mai, 1945"]


@pytest.fixture(scope="session")
def program() -> Callable[[str], str]:
    """Find a program; without it a laptop skips and CI fails."""

    def find(name: str) -> str:
        path = shutil.which(name)
        if path is None:
            if os.environ.get("CI"):
                pytest.fail(f"{name} is not installed, and CI must test with it")
            pytest.skip(f"{name} is not installed")
        return path

    return find


@pytest.fixture(scope="session")
def install(program: Callable[[str], str]) -> Callable[[str], Path]:
    """Put the npm packages of an app beside it, unless those of its lock file are there; the app's folder."""

    def npm_ci(name: str) -> Path:
        app = EXPORTS / "apps" / name
        lock, installed = app / "package-lock.json", app / "node_modules/.package-lock.json"
        with lock.open() as held:
            fcntl.flock(held, fcntl.LOCK_EX)  # another process of the tests may be at it
            if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
                done = subprocess.run([program("npm"), "ci", "--no-audit", "--no-fund"], cwd=app, capture_output=True)
                assert done.returncode == 0, done.stderr.decode()
        return app

    return npm_ci


@pytest.fixture(scope="session")
def onnxruntime_gives(models: Path) -> Callable[..., list[tuple[str, float]]]:
    """Results of a reference file for one text, by plain onnxruntime: text and score of each."""

    def run(name: str, text: str, **settings: Any) -> list[tuple[str, float]]:
        session = onnxruntime.InferenceSession(models / f"{name}.onnx")
        metadata = json.loads(session.get_modelmeta().custom_metadata_map["s2s_toolkit"])
        given = {"source": [text], "prefix": [""]} | metadata["settings"] | settings
        feed = {i.name: np.array(given[i.name], TYPES[i.type]) for i in session.get_inputs()}
        texts, scores = session.run(["text", "scores"], feed)
        return list(zip(texts[0].tolist(), scores[0].tolist(), strict=True))

    return run


@pytest.fixture(scope="session")
def run_app() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a program on the command line, its texts in UTF-8."""

    def run(*arguments: object, stdin: str = "") -> subprocess.CompletedProcess[str]:
        words = [str(argument) for argument in arguments]
        return subprocess.run(words, input=stdin, capture_output=True, encoding="utf-8", check=False)

    return run

"""A manifest that means something else: the folder is translated with, or refused in one line."""

import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from s2s_onnx.exporter import OnnxExporter
from s2s_onnx.manifest import read_manifest
from s2s_toolkit.cli import cli
from s2s_toolkit.errors import ModelFileError
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import Run
from s2s_toolkit.testing.mutants import damaged, rewritten


@pytest.mark.long
def test_a_manifest_that_means_something_else(
    run: Run, registry: Registry, tmp_path: Path, scale: Callable[[int, int], int]
) -> None:
    folder, rng = tmp_path / "steps.onnx", random.Random(1)
    OnnxExporter(form="steps").export(run, folder, registry, framework="", strategy="beam", options={})
    path = folder / "manifest.json"
    content, expected = path.read_bytes(), sorted(tmp_path.rglob("*"))
    for number in range(scale(40, 5000)):
        if number % 2:
            path.write_bytes(damaged(content, rng))
        else:
            path.write_text(json.dumps(rewritten(json.loads(content), rng)), encoding="utf-8")
        done = CliRunner().invoke(cli, ["translate", str(folder)], "ab\n\n", obj=registry)
        case = (path.read_bytes()[:1500], done.exception, done.stderr)
        assert not done.exception or isinstance(done.exception, SystemExit), case
        assert done.exit_code in (0, 2), case
        assert not done.exit_code or len(done.stderr.splitlines()) == 1, case
    assert sorted(tmp_path.rglob("*")) == expected


@pytest.mark.parametrize("name", ["..", "", "../secret", "/etc/hostname", 3, None])
def test_its_files_are_beside_it(run: Run, registry: Registry, tmp_path: Path, name: object) -> None:
    folder = tmp_path / "steps.onnx"
    OnnxExporter(form="steps").export(run, folder, registry, framework="", strategy="greedy", options={})
    content = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    content["files"]["encoder"]["name"] = name
    (folder / "manifest.json").write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(ModelFileError, match=r"manifest\.json is damaged \(a file called .*\); export it again"):
        read_manifest(folder)

"""What released versions wrote is read by this one and gives what it gave: runs in every framework, files alone.

`tests/stored/make.py` makes a folder for each version, which is never changed afterwards.
"""

import json
import lzma
import runpy
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

import s2s_toolkit
from s2s_toolkit.config import config_text, read_config
from s2s_toolkit.opening import open_translator
from s2s_toolkit.plugins import load_registry, register_files
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import load_checkpoint
from s2s_toolkit.testing.requirements import require_framework
from s2s_toolkit.testing.suite import FRAMEWORKS

STORED = Path(__file__).parent / "stored"
VERSIONS = sorted(path.name for path in STORED.iterdir() if path.is_dir() and path.name[0].isdigit())
RUNS = ("characters", "subwords")
FILES = ("beam", "int8", "ensemble", "subwords", "steps")
GREATEST_SIZE = 300_000
CLOSE, ROUGHLY = 1e-4, 5e-2
"""How far scores may be from those stored; products of 8 bits are rounded differently from processor to processor."""

each_run = pytest.mark.parametrize("name", RUNS)


@cache
def expected(version: str) -> dict[str, list[dict[str, Any]]]:
    return json.loads((STORED / version / "expected.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module", params=VERSIONS)
def stored(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what a version has stored, unpacked, in a folder called like it."""
    folder = Path(shutil.copytree(STORED / request.param, tmp_path_factory.mktemp("stored") / request.param))
    for packed in folder.rglob("*.xz"):
        packed.with_suffix("").write_bytes(lzma.decompress(packed.read_bytes()))
    return folder


@pytest.fixture(scope="module")
def parts(stored: Path) -> Registry:
    """What is installed, and the stored plugin, which is as old as the rest."""
    registry = load_registry()
    register_files(registry, stored.glob("stored_*.py"))
    return registry


def assert_gives_what_it_gave(path: Path, parts: Registry, *, within: float = CLOSE, framework: str = "") -> None:
    known = expected(path.parent.name)[path.name]
    found = open_translator(path, parts, framework=framework)([case["source"] for case in known])
    assert [translation.text for translation in found] == [case["text"] for case in known]
    assert [translation.score for translation in found] == pytest.approx([c["score"] for c in known], rel=0, abs=within)


def test_this_version_has_stored_something() -> None:
    assert ".".join(s2s_toolkit.__version__.split(".")[:2]) in VERSIONS


@pytest.mark.parametrize("version", VERSIONS)
def test_a_version_takes_little_room_and_names_no_place(version: str) -> None:
    files = [path for path in (STORED / version).rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    assert sum(path.stat().st_size for path in files) < GREATEST_SIZE
    written = [path.read_text(encoding="utf-8") for path in files if path.suffix in (".toml", ".json", ".jsonl")]
    assert not [text for text in written if '"/' in text]


@pytest.mark.parametrize("framework", FRAMEWORKS)
@each_run
def test_a_run_gives_the_same_in_every_framework(stored: Path, parts: Registry, name: str, framework: str) -> None:
    require_framework(framework, parts)
    assert_gives_what_it_gave(stored / name, parts, framework=framework)


@pytest.mark.parametrize("name", FILES)
def test_an_exported_file_gives_the_same(stored: Path, name: str) -> None:
    """Without the plugin, whose parts are in the graph."""
    require_framework("onnx", load_registry())
    within = ROUGHLY if name == "int8" else CLOSE
    assert_gives_what_it_gave(stored / f"{name}.onnx", load_registry(), within=within)


@each_run
def test_a_config_means_what_its_run_was_trained_with(stored: Path, name: str) -> None:
    kept = config_text(read_config(stored / name / "config.toml"))
    assert kept.replace(f"{stored / name}/../", f"{stored}/") == config_text(read_config(stored / f"{name}.toml"))


@pytest.mark.parametrize("framework", ["torch", "tensorflow"])
@each_run
def test_a_training_goes_on(
    stored: Path, parts: Registry, s2s: Callable[..., Result], tmp_path: Path, name: str, framework: str
) -> None:
    require_framework(framework, parts)
    run = Path(shutil.copytree(stored / name, tmp_path / "run"))
    done = load_checkpoint(run / "checkpoints/last.safetensors").progress["epoch"]
    one_more = ("--set", f"training.max_epochs={done + 1}", "--framework", framework)
    trained = s2s("train", stored / f"{name}.toml", "-o", run, "--resume", *one_more, parts=parts)
    assert trained.exit_code == 0, trained.stderr
    assert load_checkpoint(run / "checkpoints/last.safetensors").progress["epoch"] == done + 1


def test_what_is_stored_is_never_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    before = {path: path.stat().st_mtime_ns for path in STORED.rglob("*")}
    with pytest.raises(SystemExit, match="exists, and what a version has stored is never changed"):
        runpy.run_path(str(STORED / "make.py"), run_name="__main__")
    assert {path: path.stat().st_mtime_ns for path in STORED.rglob("*")} == before

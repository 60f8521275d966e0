"""Weights beside a file: both together are the model, and one without the other is refused."""

import json
import shutil
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from s2s_onnx.beside import beside_of, size_with_beside
from s2s_onnx.exporter import OnnxExporter
from s2s_onnx.metadata import KEY
from s2s_onnx.seal import sealed
from s2s_onnx.storage.writing import ALIGNMENT, WORTH_IT
from s2s_onnx.translator import Translator
from s2s_toolkit.errors import ModelFileError, S2SError
from s2s_toolkit.files import file_digest
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import Run, load_checkpoint, save_checkpoint

TEXTS = ["abc", "", "g f e d c b a"]


@pytest.fixture(scope="module")
def written(wide_run: Run, registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("external") / "model.onnx"
    OnnxExporter(external_data=True).export(wide_run, path, registry, framework="", strategy="beam", options={})
    return path


@pytest.fixture
def path(written: Path, tmp_path: Path) -> Path:
    """The two files in a folder of their own, to be spoilt."""
    for file in written.parent.iterdir():
        shutil.copy(file, tmp_path)
    return tmp_path / written.name


def refusal(path: Path) -> str:
    with pytest.raises(ModelFileError) as caught:
        Translator(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_two_files_are_written_and_nothing_else(written: Path) -> None:
    beside = beside_of(written)
    assert {*written.parent.iterdir()} == {written, beside}
    assert beside.name == f"model.onnx.{file_digest(beside)[:12]}.data"
    assert Translator(written).metadata["external_data"] == {"file": beside.name, "sha256": file_digest(beside)}
    assert written.stat().st_size < 150_000 < 2_500_000 < beside.stat().st_size
    assert size_with_beside(written) == written.stat().st_size + beside.stat().st_size


def test_they_can_be_moved_together(
    path: Path, wide_run: Run, registry: Registry, tmp_path_factory: pytest.TempPathFactory
) -> None:
    alone = tmp_path_factory.mktemp("alone") / "model.onnx"
    OnnxExporter().export(wide_run, alone, registry, framework="", strategy="beam", options={})
    for one, other in zip(Translator(path)(TEXTS), Translator(alone)(TEXTS), strict=True):
        assert (one.text, one.score) == (other.text, other.score)
        np.testing.assert_array_equal(one.attention, other.attention)


def test_large_arrays_lie_at_pages_and_do_not_overlap(path: Path, wide_run: Run) -> None:
    tensors = onnx.load(path, load_external_data=False).graph.initializer
    outside = {t.name: {e.key: e.value for e in t.external_data} for t in tensors if t.external_data}
    assert {entry["location"] for entry in outside.values()} == {beside_of(path).name}
    spans = sorted((int(entry["offset"]), int(entry["offset"]) + int(entry["length"])) for entry in outside.values())
    assert all(start % ALIGNMENT == 0 for start, _ in spans)
    assert all(end <= following for (_, end), (following, _) in pairwise(spans))
    weights = load_checkpoint(wide_run.checkpoint_path("best")).weights
    assert outside.keys() == {name for name, array in weights.items() if array.nbytes >= WORTH_IT}
    content = beside_of(path).read_bytes()
    entry, expected = outside["decoder.bridge.kernel"], weights["decoder.bridge.kernel"]
    found = np.frombuffer(content, np.float32, expected.size, int(entry["offset"])).reshape(expected.shape)
    np.testing.assert_array_equal(found, expected)


def test_weights_that_are_missing_are_named(path: Path) -> None:
    beside = beside_of(path)
    beside.unlink()
    assert refusal(path) == f"{path} needs {beside.name} beside it, which holds its weights; there is no such file"


def test_a_folder_in_their_place_is_no_file(path: Path) -> None:
    beside_of(path).unlink()
    beside_of(path).mkdir()
    assert "there is no such file" in refusal(path)


def without_end(content: bytes) -> bytes:
    return content[:-1]


def changed(content: bytes) -> bytes:
    return content[:70_000] + bytes([content[70_000] ^ 1]) + content[70_001:]


@pytest.mark.parametrize("change", [without_end, changed, lambda _: b"", lambda content: content + b"\0"])
def test_changed_weights_are_refused_before_onnxruntime_sees_them(
    path: Path, capfd: pytest.CaptureFixture[str], change: Callable[[bytes], bytes]
) -> None:
    beside = beside_of(path)
    beside.write_bytes(change(beside.read_bytes()))
    assert refusal(path) == f"{beside} is damaged or not from the export of {path}; export it again"
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("name", ["../model.onnx.data", "/etc/hostname", "folder/weights", "", ".", "..", 3, None])
def test_only_files_beside_the_model_are_opened(path: Path, name: Any) -> None:
    model = onnx.load(path, load_external_data=False)
    entry = next(entry for entry in model.metadata_props if entry.key == KEY)
    content = json.loads(entry.value)
    content["external_data"]["file"] = name
    del model.metadata_props[:]
    model.metadata_props.add(key=KEY, value=json.dumps(content))
    path.write_bytes(sealed(model.SerializeToString()))
    assert f"damaged metadata (weights in {name!r}, not beside it)" in refusal(path)


def test_the_largest_files_need_no_asking(
    run: Run, registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("s2s_onnx.storage.writing.LARGEST", 1000)
    OnnxExporter().export(run, tmp_path / "model.onnx", registry, framework="", strategy="", options={})
    assert beside_of(tmp_path / "model.onnx").is_file()
    assert Translator(tmp_path / "model.onnx")(TEXTS)


def test_an_export_that_fails_leaves_the_old_files(
    make_run: Callable[..., Run], registry: Registry, tmp_path: Path
) -> None:
    folder, run = tmp_path / "files", make_run(tmp_path / "run")
    folder.mkdir()
    export = lambda: OnnxExporter(external_data=True).export(  # noqa: E731
        run, folder / "model.onnx", registry, framework="", strategy="", options={}
    )
    export()
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    weights = load_checkpoint(run.checkpoint_path("best")).weights
    weights["output.kernel"][0, 5] = np.nan
    save_checkpoint(run.checkpoint_path("best"), weights)
    with pytest.raises(S2SError, match="disagree"):
        export()
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


def test_a_new_export_takes_the_old_weights_away_and_nothing_else(
    make_run: Callable[..., Run], registry: Registry, tmp_path: Path
) -> None:
    folder, exporter = tmp_path / "files", OnnxExporter(external_data=True)
    folder.mkdir()
    path, precious = folder / "model.onnx", folder / "model.onnx.data"
    precious.write_text("of somebody else")
    for seed in (1, 2):
        run = make_run(tmp_path / str(seed), seed=seed)
        exporter.export(run, path, registry, framework="", strategy="", options={})
        assert {*folder.iterdir()} == {path, beside_of(path), precious}
    OnnxExporter().export(run, path, registry, framework="", strategy="", options={})
    assert {*folder.iterdir()} == {path, precious}
    assert precious.read_text() == "of somebody else"

"""docs/onnx_format.md: the folder of the steps form is as the page says."""

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from s2s_toolkit.errors import ConfigError

PAGE, HEADING = "docs/onnx_format.md", "## What may be chosen"
NAMED = re.compile(r"`([\w.<>]+)`")
FILES = {"encoder.onnx": "encoder", "decoder_step.onnx": "decoder_step"}

Table = Callable[..., list[list[str]]]
OpenFile = Callable[[Path], Any]


@pytest.fixture(scope="module")
def folder(files: Callable[..., Path]) -> Path:
    return files(form="steps")


@pytest.fixture(scope="module")
def manifest(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "manifest.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", FILES)
def test_inputs_and_outputs(
    name: str, table: Table, folder: Path, manifest: dict[str, Any], open_file: OpenFile
) -> None:
    several = {
        **{name: manifest[name] for name in ("memory", "state")},
        "next_<name>": [f"next_{name}" for name in manifest["state"]],
    }
    inputs, outputs = {cells[0].strip("`"): cells[1:] for cells in table(PAGE, HEADING, columns=3)}[name]
    session = open_file(folder / name)
    for cell, values in ((inputs, session.get_inputs()), (outputs, session.get_outputs())):
        documented = {each for name in NAMED.findall(cell) for each in several.get(name, [name])}
        assert {value.name for value in values} - documented <= {"memory"}  # for `s2s verify`
        assert documented <= {value.name for value in values}


def test_files_have_the_digests_of_the_manifest(folder: Path, manifest: dict[str, Any]) -> None:
    for name, part in FILES.items():
        digest = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        assert manifest["files"][part] == {"name": name, "sha256": digest}


def test_keys_of_the_manifest(table: Table, section: Callable[[str, str], str], manifest: dict[str, Any]) -> None:
    def names(cells: list[list[str]]) -> set[str]:
        return {name for first, *_ in cells for name in NAMED.findall(first)}

    left_out = section(PAGE, HEADING).partition('the keys of "Metadata" but for')[2].partition("and these")[0]
    of_metadata = names(table(PAGE, "## Metadata"))
    assert set(NAMED.findall(left_out)) < of_metadata
    assert manifest.keys() == names(table(PAGE, HEADING)) | of_metadata - set(NAMED.findall(left_out))


def test_format_and_special_ids(table: Table, manifest: dict[str, Any]) -> None:
    described = dict(table(PAGE, HEADING))
    assert described["`format`"] == f"{manifest['format']}, that of the manifest"
    assert NAMED.findall(described["`special_ids`"]) == list(manifest["special_ids"])


def test_precisions(section: Callable[[str, str], str], files: Callable[..., Path]) -> None:
    assert "in fp32 or fp16:" in " ".join(section(PAGE, HEADING).split())
    assert files(form="steps", precision="fp16").is_dir()
    with pytest.raises(ConfigError, match="int8"):
        files(form="steps", precision="int8")


def test_a_step_never_chooses_padding_or_start(folder: Path, manifest: dict[str, Any], open_file: OpenFile) -> None:
    arrays = manifest["memory"] + manifest["state"]
    source = {"source_ids": np.array([[4, 5, 3], [3, 0, 0]]), "source_lengths": np.array([3, 1])}
    found = open_file(folder / "encoder.onnx").run(arrays, source)
    feed = {"previous_ids": np.array([2, 2]), **dict(zip(arrays, found, strict=True))}
    (logits,) = open_file(folder / "decoder_step.onnx").run(["logits"], feed)
    assert np.all(logits[:, [0, 2]] < -1e6)
    assert np.all(np.abs(logits[:, [1, *range(3, logits.shape[1])]]) < 1e3)


def test_the_command_line_decodes_with_a_folder_called_onnx(
    folder: Path, texts: list[str], files: Callable[..., Path], s2s: Callable[..., Any]
) -> None:
    assert folder.suffix == ".onnx"
    of_folder, of_file = (s2s("translate", path, stdin="\n".join(texts)) for path in (folder, files()))
    assert of_folder.exit_code == 0
    assert of_folder.stdout == of_file.stdout

"""docs/onnx_format.md: operator sets, metadata and last bytes of real files are as it says, and its examples run."""

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from s2s_toolkit.errors import ConfigError

PAGE = "docs/onnx_format.md"
NAMED = re.compile(r"`([\w.]+)`")

Page = Callable[[str], str]
Table = Callable[..., list[list[str]]]
Section = Callable[[str, str], str]
Files = Callable[..., Path]
MetadataOf = Callable[[Path], dict[str, Any]]

every_kind = pytest.mark.parametrize("taken", ["text", "ids"])


def test_format_number(page: Page, table: Table, files: Files, metadata_of: MetadataOf) -> None:
    number = metadata_of(files())["format"]
    assert f"The format number is {number};" in page(PAGE)
    assert ["`format`", str(number)] in table(PAGE, "## Metadata")


@every_kind
@pytest.mark.parametrize("precision", ["fp32", "fp16", "int8"])
def test_operator_sets(taken: str, precision: str, table: Table, files: Files) -> None:
    documented = dict(table(PAGE, "## Needs"))
    cells = [documented["standard operators"]]
    cells += [documented["operators for text"]] * (taken == "text")
    cells += [documented["operators for `int8`"]] * (precision == "int8")
    expected = {domain: int(version) for cell in cells for domain, version in re.findall(r"`([\w.]+)` (\d+)", cell)}
    declared, used = operator_sets(files(input=taken, precision=precision))
    assert declared == expected
    assert used <= declared.keys()


@every_kind
@pytest.mark.parametrize("end", ["lowest", "highest"])
def test_range_of_operator_sets(taken: str, end: str, section: Section, files: Files, metadata_of: MetadataOf) -> None:
    text = " ".join(section(PAGE, "## What may be chosen").split())
    ends = re.search(r"another version of the standard operators, (\d+) to (\d+)\.", text)
    opset, beyond = (int(ends[1]), int(ends[1]) - 1) if end == "lowest" else (int(ends[2]), int(ends[2]) + 1)
    path = files(input=taken, opset=opset)  # opened and run by the export
    assert operator_sets(path)[0]["ai.onnx"] == metadata_of(path)["opset"] == opset
    with pytest.raises(ConfigError, match=f"between {ends[1]} and {ends[2]}, given {beyond}"):
        files(input=taken, opset=beyond)


@pytest.mark.parametrize(
    ("choices", "condition"),
    [
        ({}, ""),
        ({"input": "ids"}, "with `--input ids`"),
        ({"external_data": True}, "with weights beside the file"),
        ({"max_drop": 100.0, "metric": "ser"}, "with `--max-drop`"),
    ],
    ids=["plain", "ids", "external_data", "max_drop"],
)
def test_keys_of_the_metadata(
    choices: dict[str, Any], condition: str, table: Table, files: Files, metadata_of: MetadataOf, pairs: Path
) -> None:
    given = choices | ({"dev": pairs} if "max_drop" in choices else {})
    documented = [
        NAMED.findall(keys)
        for keys, value in table(PAGE, "## Metadata")
        if not value.startswith("with ") or value.partition(":")[0] == condition
    ]
    assert metadata_of(files(**given)).keys() == {key for keys in documented for key in keys}


def test_weights_beside_the_file(section: Section, files: Files, metadata_of: MetadataOf) -> None:
    assert "`MODEL.onnx.DIGEST.data` for `MODEL.onnx`" in section(PAGE, "## What may be chosen")
    path = files(external_data=True)
    (beside,) = path.parent.glob(f"{path.name}.*.data")
    assert metadata_of(path)["external_data"] == {"file": beside.name, "sha256": digest(beside.read_bytes())}


@every_kind
def test_last_bytes_are_the_digest_of_all_before(taken: str, section: Section, files: Files) -> None:
    (key,) = re.findall(r"metadata entry `([\w.]+)`", section(PAGE, "## Damage"))
    content = files(input=taken).read_bytes()
    start = content.rindex(key.encode()) - 4  # two tags and two sizes, a byte each
    assert content.endswith(digest(content[:start]).encode())
    assert len(content) - start == len(key) + 64 + 6


def test_examples_run(
    files: Files,
    examples: Callable[[str], list[tuple[str, str]]],
    run_file: Callable[..., dict[str, np.ndarray]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "model.onnx").write_bytes(files().read_bytes())
    (tmp_path / "steps.onnx").symlink_to(files(form="steps"))
    monkeypatch.chdir(tmp_path)
    printed = []
    for _, code in examples(PAGE):
        exec(compile(code, PAGE, "exec"), {})
        printed.append(capsys.readouterr().out)
    with_toolkit, with_onnxruntime, own_loop = printed
    found = run_file(files(), source=["25 December 2024"], max_length=np.array(50))
    assert with_toolkit.startswith(found["text"][0, 0])
    assert with_onnxruntime.startswith(found["text"][0, 0])
    assert own_loop == f"{['<s>', *found['symbols'][0, 0, :9].tolist()]}\n"  # 9 is the length that the run's config has


def operator_sets(path: Path) -> tuple[dict[str, int], set[str]]:
    """Those that a file declares, and the domains of those that its nodes use."""
    import onnx

    from s2s_onnx.graph.graphs import all_graphs

    model = onnx.load(path, load_external_data=False)
    declared = {each.domain or "ai.onnx": each.version for each in model.opset_import}
    return declared, {node.domain or "ai.onnx" for graph in all_graphs(model.graph) for node in graph.node}


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture(scope="module")
def metadata_of(open_file: Callable[[Path], Any]) -> MetadataOf:
    return lambda path: json.loads(open_file(path).get_modelmeta().custom_metadata_map["s2s_toolkit"])


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pairs") / "dev.tsv"
    path.write_text("1 May\t05-01\ndd\t2\n", encoding="utf-8")
    return path

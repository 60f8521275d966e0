"""A file that can't be used is refused when it is opened, in one clear line."""

import json
from collections.abc import Callable
from pathlib import Path

import onnx
import pytest
from onnx import TensorProto, helper

from s2s_onnx.graph.opset import IR_VERSION
from s2s_onnx.metadata import KEY
from s2s_onnx.seal import KEY as SEAL
from s2s_onnx.seal import sealed
from s2s_onnx.translator import Translator
from s2s_toolkit.errors import ModelFileError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "model.onnx"


@pytest.fixture
def whole(exported: Callable[..., Path]) -> bytes:
    return exported("greedy").read_bytes()


def refusal(path: Path) -> str:
    with pytest.raises(ModelFileError) as caught:
        Translator(path)
    message = str(caught.value)
    assert str(path) in message
    assert "\n" not in message
    return message


def with_metadata(whole: bytes, value: str) -> bytes:
    model = onnx.load_model_from_string(whole)
    del model.metadata_props[:]
    model.metadata_props.add(key=KEY, value=value)
    return sealed(model.SerializeToString())


def changed(whole: bytes, **entries: object) -> bytes:
    content = json.loads(onnx.load_model_from_string(whole).metadata_props[0].value)
    return with_metadata(whole, json.dumps(content | entries))


def test_missing_file(path: Path) -> None:
    assert refusal(path) == f"there is no model file {path}"


def test_folder(path: Path) -> None:
    path.mkdir()
    assert "is a folder" in refusal(path)


def test_what_onnxruntime_cannot_open(path: Path) -> None:
    """Sealed, but no model: nothing that we write."""
    path.write_bytes(sealed(b"\x3a\x05\xff\xff\xff\xff\xff"))
    assert "no ONNX model that onnxruntime can open" in refusal(path)


def test_model_of_somebody_else(path: Path) -> None:
    value = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [2]) for name in ("x", "y")]
    graph = helper.make_graph([helper.make_node("Abs", ["x"], ["y"])], "theirs", value[:1], value[1:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=IR_VERSION)
    path.write_bytes(sealed(model.SerializeToString()))
    assert "was not written by `s2s export`" in refusal(path)


@pytest.mark.parametrize("value", ["", "{", "[]", "null", '"text"', "{}", "[" * 100_000, '{"format": 2}'])
def test_damaged_metadata(path: Path, whole: bytes, value: str) -> None:
    path.write_bytes(with_metadata(whole, value))
    assert "has damaged metadata" in refusal(path)


@pytest.mark.parametrize(
    "entries",
    [
        {"settings": None},
        {"settings": []},
        {"settings": {"max_length": "9"}},
        {"settings": {"max_length": True}},
        {"fixed": 1},
        {"strategy": None},
        {"input": 3},
        {"source_separators": ""},
        {"max_source_length": None},
    ],
)
def test_metadata_of_the_wrong_type(path: Path, whole: bytes, entries: dict[str, object]) -> None:
    path.write_bytes(changed(whole, **entries))
    assert "has damaged metadata" in refusal(path)


@pytest.mark.parametrize(("found", "remedy"), [(1, "s2s-toolkit==1.2.0"), (3, "s2s-toolkit>=1.2.0")])
def test_another_format(path: Path, whole: bytes, found: int, remedy: str) -> None:
    path.write_bytes(changed(whole, format=found, toolkit="1.2.0"))
    message = refusal(path)
    assert f"has format {found}, written by s2s-toolkit 1.2.0" in message
    assert message.endswith(f"reads format 2; install {remedy}")


@pytest.mark.parametrize("found", ["2", None, 2.0, True, [2]])
def test_a_format_that_is_no_number(path: Path, whole: bytes, found: object) -> None:
    path.write_bytes(changed(whole, format=found))
    assert f"is damaged (its format is {found!r})" in refusal(path)


def test_settings_that_the_graph_lacks(path: Path, whole: bytes) -> None:
    path.write_bytes(changed(whole, settings={"max_length": 9, "temperature": 1.0}))
    assert "its graph has no 'temperature'" in refusal(path)


def test_outputs_that_the_graph_lacks(path: Path, whole: bytes) -> None:
    model = onnx.load_model_from_string(whole)
    outputs = [value for value in model.graph.output if value.name != "scores"]
    del model.graph.output[:]
    model.graph.output.extend(outputs)
    path.write_bytes(sealed(model.SerializeToString()))
    assert "its graph has no 'scores'" in refusal(path)


def test_metadata_lies_under_our_keys(whole: bytes) -> None:
    assert [entry.key for entry in onnx.load_model_from_string(whole).metadata_props] == [KEY, SEAL]

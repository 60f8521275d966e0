"""Damage is found before onnxruntime sees a file."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from onnx import parser

from s2s_onnx.seal import KEY, check_seal, sealed
from s2s_onnx.translator import Translator
from s2s_toolkit.errors import ModelFileError
from s2s_toolkit.files import file_digest

MODEL = parser.parse_model('<ir_version: 10, opset_import: ["": 21]> g (float[N] x) => (float[N] y) { y = Abs(x) }')
CONTENT = MODEL.SerializeToString()


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sealed") / "model.onnx"


def refuses(path: Path, content: bytes) -> bool:
    path.write_bytes(content)
    try:
        check_seal(path)
    except ModelFileError as error:
        return str(error).startswith(f"{path} is damaged, was changed since its export, or was not written by")
    return False


def test_a_sealed_file_passes(path: Path) -> None:
    assert not refuses(path, sealed(CONTENT))


def test_every_changed_byte_is_found(path: Path) -> None:
    whole = sealed(CONTENT)
    for place in range(len(whole)):
        for change in (0x01, 0x80, 0xFF):
            assert refuses(path, whole[:place] + bytes([whole[place] ^ change]) + whole[place + 1 :]), place


def test_every_truncation_is_found(path: Path) -> None:
    whole = sealed(CONTENT)
    assert all(refuses(path, whole[:length]) for length in range(len(whole)))


@given(st.binary(min_size=1, max_size=300), st.integers(0, len(sealed(CONTENT))))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_inserted_and_appended_bytes_are_found(path: Path, more: bytes, place: int) -> None:
    whole = sealed(CONTENT)
    assert refuses(path, whole[:place] + more + whole[place:])


@given(st.binary(max_size=400))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_file_of_another_kind_is_found(path: Path, content: bytes) -> None:
    assert refuses(path, content)


def test_a_model_that_nobody_sealed_is_found(path: Path) -> None:
    assert refuses(path, CONTENT)


def test_what_is_sealed_is_the_model_with_one_more_entry(path: Path) -> None:
    path.write_bytes(sealed(CONTENT))
    model = onnx.load(path)
    onnx.checker.check_model(model)
    assert {entry.key: entry.value for entry in model.metadata_props} == {KEY: hashlib.sha256(CONTENT).hexdigest()}
    del model.metadata_props[:]
    assert model == MODEL
    session = onnxruntime.InferenceSession(path)
    np.testing.assert_array_equal(session.run(None, {"x": np.array([-2.5], np.float32)})[0], [2.5])
    assert session.get_modelmeta().custom_metadata_map.keys() == {KEY}


def test_files_longer_than_what_is_read_at_once(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("s2s_onnx.seal.CHUNK", 7)
    assert not refuses(path, sealed(CONTENT))
    assert refuses(path, sealed(CONTENT)[:-1] + b"\0")


def test_a_damaged_export_is_refused_in_one_line(exported: Callable[..., Path], tmp_path: Path) -> None:
    whole = exported("greedy").read_bytes()
    path = tmp_path / "model.onnx"
    for place in np.linspace(0, len(whole) - 1, 50, dtype=int):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x10]) + whole[place + 1 :])
        with pytest.raises(ModelFileError, match=r"model.onnx is damaged, .*; export it again$"):
            Translator(path)


def test_the_digest_of_a_file(path: Path) -> None:
    path.write_bytes(b"abc")
    assert file_digest(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

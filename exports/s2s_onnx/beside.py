"""Weights beside a model file: onnxruntime maps them as they are, so they are checked before it sees them.

The file's metadata names them and holds their digest. It is read from the file itself, since onnxruntime tells it only
once it has everything open.
"""

import json
import os
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from s2s_onnx.metadata import KEY
from s2s_toolkit.errors import ModelFileError
from s2s_toolkit.files import file_digest, is_plain_name

METADATA_FIELD = 14
"""The number of `metadata_props` in a ModelProto; all fields that we write have numbers below 16, so tags of a byte."""


def check_beside(path: Path) -> None:
    """ModelFileError unless the weights beside a file, if it has some there, are those that it was written with."""
    described = _described(path)
    if described is None:
        return
    name, digest = described
    beside = path.with_name(name)
    if not beside.is_file():
        raise ModelFileError(f"{path} needs {name} beside it, which holds its weights; there is no such file")
    if file_digest(beside) != digest:
        raise ModelFileError(f"{beside} is damaged or not from the export of {path}; export it again")


def size_with_beside(path: Path) -> int:
    """Bytes of a model file and of the weights beside it."""
    described = _described(path)
    return path.stat().st_size + (path.with_name(described[0]).stat().st_size if described else 0)


def beside_of(path: Path) -> Path | None:
    """The file with a file's weights, if it has one; whether that is there is another question."""
    described = _described(path)
    return path.with_name(described[0]) if described else None


def _described(path: Path) -> tuple[str, str] | None:
    """Name and digest of the weights beside a file; None if it has none, or metadata that nobody can read."""
    try:
        with path.open("rb") as file:
            described = json.loads(_properties(file)[KEY])["external_data"]
        name, digest = described["file"], described["sha256"]
    except (KeyError, TypeError, ValueError, RecursionError):
        return None  # what is wrong with metadata `decode_metadata` says
    if not is_plain_name(name):
        raise ModelFileError(f"{path} has damaged metadata (weights in {name!r}, not beside it); export it again")
    return name, digest


def _properties(file: BinaryIO) -> dict[str, str]:
    """The metadata of a serialised ModelProto, whose other fields are passed over."""
    found: dict[str, str] = {}
    while tag := file.read(1):
        field, kind = tag[0] >> 3, tag[0] & 7
        size = _number(file)  # or the value itself: fields are bytes with their size before them, or numbers
        if kind and field == METADATA_FIELD:
            entry = BytesIO(file.read(size))
            key, value = (entry.read(_number(entry)).decode() for _ in range(2) if entry.read(1))
            found[key] = value
        elif kind:
            file.seek(size, os.SEEK_CUR)
    return found


def _number(file: BinaryIO) -> int:
    """A number on the wire: 7 bits a byte, the lowest first, the highest bit set but in the last."""
    number, shift = 0, 0
    while byte := file.read(1):
        number |= (byte[0] & 0x7F) << shift
        if byte[0] < 0x80:
            break
        shift += 7
    return number

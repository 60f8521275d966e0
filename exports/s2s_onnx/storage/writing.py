"""A model into a file, with its metadata and its seal; what is too large for one file goes beside it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import onnx
from onnx import TensorProto, external_data_helper

from s2s_onnx.metadata import KEY, encode_metadata
from s2s_onnx.seal import sealed
from s2s_toolkit.files import file_digest

LARGEST = 1_900_000_000
"""Bytes of weights that one file may hold; protobuf ends at 2 GiB."""
ALIGNMENT = 4096
"""Where arrays beside the file begin: at a page, so that they can be mapped."""
WORTH_IT = 1024
"""Bytes of the smallest array that goes beside the file."""
DIGITS = 12
"""Of the digest in the name of a file of weights."""


def write_model(model: onnx.ModelProto, metadata: Mapping[str, Any], path: Path) -> None:
    """Write a model with its metadata, sealed; the path gets its name later (`s2s_toolkit.files.atomic_files`)."""
    del model.metadata_props[:]
    model.metadata_props.add(key=KEY, value=encode_metadata(dict(metadata)))
    path.write_bytes(sealed(model.SerializeToString(deterministic=True)))


def is_large(model: onnx.ModelProto) -> bool:
    """Whether one file can't hold the model's weights."""
    return sum(len(tensor.raw_data) for tensor in model.graph.initializer) > LARGEST


def place_weights(model: onnx.ModelProto, metadata: dict[str, Any], path: Path, *, beside: bool) -> None:
    """Put the weights beside the file where they have to be, or are wanted there; the metadata says so."""
    if beside or is_large(model):
        metadata["external_data"] = move_out(model, path)


def move_out(model: onnx.ModelProto, path: Path) -> dict[str, str]:
    """Write the weights beside a file and leave their places in the model; file name and digest, for the metadata.

    The name holds the digest: an older file of that model keeps its weights until it is gone itself.

    Args:
        model: Is changed.
        path: The file's name; the folder is where the weights go.
    """
    temporary, places = path.with_name(f"{path.name}.data"), []
    with temporary.open("wb") as file:
        for tensor in model.graph.initializer:
            if len(tensor.raw_data) >= WORTH_IT:
                file.write(bytes(-file.tell() % ALIGNMENT))
                places.append((tensor, file.tell(), len(tensor.raw_data)))
                file.write(tensor.raw_data)
    digest = file_digest(temporary)
    beside = temporary.rename(path.with_name(f"{path.name}.{digest[:DIGITS]}.data"))
    for tensor, start, size in places:
        external_data_helper.set_external_data(tensor, beside.name, start, size)
        tensor.ClearField("raw_data")
        tensor.data_location = TensorProto.EXTERNAL
    return {"file": beside.name, "sha256": digest}

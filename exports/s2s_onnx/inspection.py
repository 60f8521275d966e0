"""What an exported file says of itself: metadata, inputs, outputs and, where onnx is installed, weights."""

from collections.abc import Iterator
from importlib.util import find_spec
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from s2s_onnx.beside import size_with_beside
from s2s_onnx.metadata import decode_metadata
from s2s_onnx.session import open_session

if TYPE_CHECKING:
    import onnx
    import onnxruntime

PRECISIONS = {"FLOAT": "fp32", "FLOAT16": "fp16", "INT8": "int8", "UINT8": "int8"}
"""ONNX's names of the types that weights are stored in, and ours."""

Facts = dict[str, Any]


def inspect_file(path: Path) -> Facts:
    """The facts about a file, for JSON; ModelFileError if it does not open or is none of ours.

    Returns:
        `bytes`, `metadata` as docs/onnx_format.md has it, `inputs` and `outputs` with type and axes. With the package
        onnx also `weights` (precision -> number and bytes), `operator_sets`, `ir_version` and every input's default.
    """
    session = open_session(path)
    metadata = decode_metadata(session.get_modelmeta().custom_metadata_map, str(path))
    graph = _graph_facts(path) if find_spec("onnx") else {}
    defaults = graph.pop("defaults", {}) | metadata["settings"]
    inputs = [*session.get_inputs(), *session.get_overridable_initializers()]
    return {
        "bytes": size_with_beside(path),
        "metadata": metadata,
        "inputs": [_value(value) | _default(value.name, defaults) for value in inputs],
        "outputs": [_value(value) for value in session.get_outputs()],
        **graph,
    }


def _value(value: "onnxruntime.NodeArg") -> Facts:
    return {"name": value.name, "type": value.type.removeprefix("tensor(").removesuffix(")"), "axes": value.shape}


def _default(name: str, defaults: Facts) -> Facts:
    return {"default": defaults[name]} if name in defaults else {}


def _graph_facts(path: Path) -> Facts:
    import onnx
    from onnx import numpy_helper

    model = onnx.load(path, load_external_data=False)
    inputs = {value.name for value in model.graph.input}
    given = [tensor for tensor in model.graph.initializer if tensor.name in inputs]
    return {
        "weights": _weights(tensor for tensor in _tensors(model.graph) if tensor.name not in inputs),
        "operator_sets": {opset.domain or "ai.onnx": opset.version for opset in model.opset_import},
        "ir_version": model.ir_version,
        "defaults": {tensor.name: _plain(numpy_helper.to_array(tensor).tolist()) for tensor in given},
    }


def _tensors(graph: "onnx.GraphProto") -> Iterator["onnx.TensorProto"]:
    """The constants of a graph and of those in it."""
    yield from graph.initializer
    for node in graph.node:
        for attribute in node.attribute:
            for inner in (*attribute.graphs, *([attribute.g] if attribute.HasField("g") else [])):
                yield from _tensors(inner)


def _weights(tensors: Iterator["onnx.TensorProto"]) -> dict[str, dict[str, int]]:
    from onnx import TensorProto
    from onnx.helper import tensor_dtype_to_np_dtype

    found: dict[str, dict[str, int]] = {}
    for tensor in tensors:
        if precision := PRECISIONS.get(TensorProto.DataType.Name(tensor.data_type)):
            number = prod(tensor.dims)
            counts = found.setdefault(precision, {"number": 0, "bytes": 0})
            counts["number"] += number
            counts["bytes"] += number * tensor_dtype_to_np_dtype(tensor.data_type).itemsize
    return found


def _plain(value: Any) -> Any:
    """Strings of a tensor come as bytes or text, depending on how they were written."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.decode() if isinstance(value, bytes) else value

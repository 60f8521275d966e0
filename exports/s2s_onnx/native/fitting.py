"""Graphs of parts, made fit for the exported file: checked, without local functions, of its operator set."""

import onnx
from onnx import inliner, version_converter

from s2s_onnx.graph.graphs import all_graphs
from s2s_onnx.graph.opset import OPSET, OPSETS
from s2s_toolkit.errors import UnsupportedError

KNOWN_DOMAINS = {opset.domain for opset in OPSETS}


def fitted(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same graph in the operator set of the exported file; UnsupportedError where that can't be."""
    model = inliner.inline_local_functions(model)
    version = next((opset.version for opset in model.opset_import if opset.domain in ("", "ai.onnx")), OPSET)
    if version > OPSET:
        raise UnsupportedError(f"its graph is of operator set {version}, the exported file's is {OPSET}")
    try:
        onnx.checker.check_model(model)
        if version < OPSET:
            model = version_converter.convert_version(model, OPSET)
    except (onnx.checker.ValidationError, RuntimeError) as error:
        raise UnsupportedError(str(error).strip().splitlines()[0]) from error
    _keep_used_domains(model)
    return model


def _keep_used_domains(model: onnx.ModelProto) -> None:
    used = {node.domain for graph in all_graphs(model.graph) for node in graph.node}
    if foreign := used - KNOWN_DOMAINS:
        raise UnsupportedError(f"its graph uses operators of {min(foreign)!r}, which onnxruntime does not have")
    del model.opset_import[:]
    model.opset_import.extend(opset for opset in OPSETS if opset.domain in used | {""})

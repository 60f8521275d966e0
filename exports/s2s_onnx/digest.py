"""What tells one graph from another, whatever its weights are."""

import hashlib
from pathlib import Path

FRACTIONS = ("FLOAT", "FLOAT16")
"""ONNX's names of the types of weights, when a file is in 32 or 16 bits."""


def graph_digest(path: Path) -> str:
    """SHA-256 of a file's graph, without the values of its weights and without its metadata.

    The shapes of weights count, and so do vocabularies and the defaults of settings.
    """
    import onnx

    model = onnx.load(path, load_external_data=False)
    del model.metadata_props[:]
    inputs = {value.name for value in model.graph.input}
    for tensor in model.graph.initializer:
        if tensor.name not in inputs and onnx.TensorProto.DataType.Name(tensor.data_type) in FRACTIONS:
            for values in ("raw_data", "float_data", "int32_data", "external_data"):
                tensor.ClearField(values)
    return hashlib.sha256(model.SerializeToString(deterministic=True)).hexdigest()

"""The whole graph: read the text, encode, loop over step and strategy, walk back, write the text."""

import warnings
from collections.abc import Mapping

import numpy as np
import onnx
from onnx import numpy_helper
from spox import Tensor, argument, build, inline

from s2s_onnx.array import OnnxArray
from s2s_onnx.axes import name_axes
from s2s_onnx.hoisting import hoist
from s2s_onnx.loop import DecodingLoop
from s2s_onnx.opset import IR_VERSION
from s2s_onnx.parts import PartGraphs
from s2s_onnx.text import reading_graph, writing_graph
from s2s_toolkit.search import typed_settings
from s2s_toolkit.strategies.contract import DecodingStrategy
from s2s_toolkit.text import TextSide

OUTPUTS = {
    "text": ("B", "N"),
    "symbols": ("B", "N", "T"),
    "ids": ("B", "N", "T"),
    "lengths": ("B", "N"),
    "scores": ("B", "N"),
    "token_log_probs": ("B", "N", "T"),
    "attention": ("B", "N", "T", "S"),
    "source_symbols": ("B", "S"),
}
"""Name -> axes: B sources, N results for each, T steps, S source symbols."""


def assemble(
    parts: PartGraphs,
    strategy: DecodingStrategy,
    source: TextSide,
    target: TextSide,
    settings: Mapping[str, int | float],
) -> onnx.ModelProto:
    """One graph, text in and text out; the strategy's settings and `max_length` are inputs with defaults.

    Inputs: source (B,), at least one, and each setting, a scalar. The outputs are those of `OUTPUTS`.
    """
    defaults = typed_settings(strategy, settings)
    inputs = {"source": argument(Tensor(np.str_, ("B",)))}
    inputs |= {name: argument(Tensor(default.dtype, ())) for name, default in defaults.items()}
    read = inline(reading_graph(source))(source=inputs["source"])
    loop = DecodingLoop(parts, strategy, {name: OnnxArray(inputs[name]) for name in defaults})
    with warnings.catch_warnings():  # that a Loop's outputs have no shape; ours get their rank back
        warnings.filterwarnings("ignore", message="Output type for variable")
        found = loop.search(OnnxArray(read["source_ids"]), OnnxArray(read["source_lengths"]))
    written = inline(writing_graph(target))(ids=found["ids"].var, lengths=found["lengths"].var)
    values = {**read, **written, **{name: array.var for name, array in found.items()}}
    model = build(inputs, {name: values[name] for name in OUTPUTS})
    hoist(model.graph)
    sizes = {"N": strategy.num_results}
    name_axes(model, {name: [sizes.get(axis, axis) for axis in axes] for name, axes in OUTPUTS.items()})
    return _with_defaults(model, defaults)


def _with_defaults(model: onnx.ModelProto, defaults: Mapping[str, np.ndarray]) -> onnx.ModelProto:
    """An initializer with an input's name is its default."""
    for name, default in defaults.items():
        model.graph.initializer.append(numpy_helper.from_array(default, name))
    model.ir_version = IR_VERSION
    return model

"""The whole graph: read the source, encode, loop over step and strategy, walk back, write the target."""

import warnings
from collections.abc import Mapping, Sequence

import numpy as np
import onnx
from onnx import numpy_helper
from spox import Tensor, argument, build

from s2s_onnx.graph.array import OnnxArray
from s2s_onnx.graph.axes import name_axes
from s2s_onnx.graph.empty_batch import with_blank, without_blank
from s2s_onnx.graph.hoisting import hoist
from s2s_onnx.graph.interface import Interface
from s2s_onnx.graph.loop import DecodingLoop
from s2s_onnx.graph.opset import IR_VERSION
from s2s_onnx.graph.parts import NAMED, PartGraphs
from s2s_onnx.graph.pruning import drop_copies, prune
from s2s_toolkit.search import typed_settings
from s2s_toolkit.strategies.contract import DecodingStrategy


def assemble(
    parts: PartGraphs,
    strategy: DecodingStrategy,
    settings: Mapping[str, int | float],
    interface: Interface,
    outputs: Sequence[str],
    *,
    defaults: bool = True,
) -> onnx.ModelProto:
    """One graph, whose weights are inputs still (`s2s_onnx.storage.store` puts them in).

    Args:
        parts: Encoder and step.
        strategy: What chooses.
        settings: Its settings and the lengths of targets: inputs, each a scalar.
        interface: What goes in and out beside them.
        outputs: Which of the interface's outputs the graph gives.
        defaults: Whether settings and prefix may be left out. JavaScript can't set an input that may.
    """
    typed = typed_settings(strategy, settings)
    given = interface.inputs()
    inputs = given | {name: argument(Tensor(value.dtype, ())) for name, value in typed.items()}
    weights = {name: argument(Tensor(np.float32, array.shape)) for name, array in parts.weights.items()}
    loop = DecodingLoop(parts, strategy, {name: OnnxArray(inputs[name]) for name in typed}, weights)
    with warnings.catch_warnings():  # that a Loop's outputs have no shape; ours get their rank back
        warnings.filterwarnings("ignore", message="Output type for variable")
        read = interface.read({name: with_blank(value) for name, value in given.items()})
        found = loop.search(read["source_ids"], read["source_lengths"], read["prefix_ids"])
        values = {**{name: array.var for name, array in read.items()}, **interface.write(found)}
    source = next(iter(given.values()))
    model = build(inputs | weights, {name: without_blank(values[name], source) for name in outputs})
    hoist(model.graph)
    prune(model.graph, keep=NAMED)
    drop_copies(model.graph)
    name_axes(model, {name: _axes(interface.outputs[name], strategy.num_results) for name in outputs})
    model.ir_version = IR_VERSION
    if defaults:  # an initializer with an input's name is its default
        optional = {**interface.optional, **typed}
        model.graph.initializer.extend(numpy_helper.from_array(value, name) for name, value in optional.items())
    return model


def _axes(letters: Sequence[str], num_results: int) -> list[str | int]:
    return [num_results if letter == "N" else letter for letter in letters]

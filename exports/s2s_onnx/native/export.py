"""From a native part to the graphs of its functions, each compared with the part."""

from collections.abc import Mapping, Sequence

import numpy as np
import onnx
import onnxruntime
from onnx import helper

from s2s_onnx.native.fitting import fitted
from s2s_onnx.session import first_line
from s2s_toolkit.contracts import PartExporter
from s2s_toolkit.errors import UnsupportedError
from s2s_toolkit.parts.functions import Arrays, Counts, example_inputs, functions_of, native_run, open_axes

TRACED = Counts(B=3, S=5, T=2)
"""What a graph is made with."""
OTHERS = (Counts(B=4, S=7, T=3), Counts(B=1, S=1, T=1))
"""What it is tried with. The first differs in all from `TRACED`, which tells the open axes."""
TOLERANCE = 1e-4


def export_functions(
    kind: str, exporter: PartExporter, sizes: Sequence[int], weights: Mapping[str, np.ndarray]
) -> dict[str, onnx.ModelProto]:
    """Graphs of a native part that hold its weights, fit for the exported file, by function.

    Raises UnsupportedError where a graph can't be made or gives other values than the part.
    """
    functions, run = functions_of(kind, exporter.part), native_run(kind, exporter, sizes, TRACED)
    exporter.load_weights(weights)
    traced, *others = (example_inputs(kind, sizes, counts, run) for counts in (TRACED, *OTHERS))
    models = {}
    for name, function in functions.items():
        axes = open_axes(traced[name], others[0][name])
        model = fitted(onnx.load_from_string(exporter.export(function, traced[name], axes)))
        _declare_outputs(model, run(name, traced[name]), run(name, others[0][name]))
        for examples in (traced, *others):
            _compare(name, model, examples[name], run(name, examples[name]))
        models[name] = model
    return models


def _declare_outputs(model: onnx.ModelProto, one: Arrays, other: Arrays) -> None:
    """Say which axes are fixed and how large they are, since an exporter often does not."""
    axes = open_axes(one, other)
    for output in model.graph.output:
        shape = [None if axis in axes[output.name] else size for axis, size in enumerate(one[output.name].shape)]
        kind = output.type.tensor_type.elem_type
        output.CopyFrom(helper.make_tensor_value_info(output.name, kind, shape))


def _compare(name: str, model: onnx.ModelProto, inputs: Arrays, expected: Arrays) -> None:
    """Run a graph on what the part was run on; UnsupportedError where they are apart."""
    try:
        session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        taken = {value.name: inputs[value.name] for value in session.get_inputs()}
        found = dict(zip((value.name for value in session.get_outputs()), session.run(None, taken), strict=True))
    except Exception as error:  # onnxruntime's own classes share no base but Exception
        raise UnsupportedError(f"the graph of {name!r} fails {_where(inputs)}: {first_line(error)}") from error
    for output, array in expected.items():
        if not _close(found[output], array):
            raise UnsupportedError(f"the graph of {name!r} gives another {output!r} than the part {_where(inputs)}")


def _close(one: np.ndarray, other: np.ndarray) -> bool:
    alike = one.shape == other.shape and one.dtype == other.dtype
    return alike and np.allclose(one, other, rtol=TOLERANCE, atol=TOLERANCE, equal_nan=True)


def _where(inputs: Arrays) -> str:
    shapes = (f"{name} {array.shape}" for name, array in inputs.items())
    return f"for {', '.join(shapes)}"

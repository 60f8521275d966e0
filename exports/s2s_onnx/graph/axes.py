"""Names for the axes of what a graph gives."""

from collections.abc import Mapping, Sequence

import onnx
from onnx import helper


def name_axes(model: onnx.ModelProto, axes: Mapping[str, Sequence[str | int | None]]) -> onnx.ModelProto:
    """Declare the axes of each output, by its name: a size or, where it is open, a letter."""
    for output in model.graph.output:
        kind = output.type.tensor_type.elem_type
        output.CopyFrom(helper.make_tensor_value_info(output.name, kind, axes[output.name]))
    return model

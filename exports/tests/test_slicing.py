"""Slices of weights become weights of their own."""

from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from s2s_onnx.graph.opset import IR_VERSION, OPSETS
from s2s_onnx.storage.slicing import split_slices

WEIGHT = np.arange(12, dtype=np.float32).reshape(4, 3)


def constant(name: str, values: list[int]) -> onnx.NodeProto:
    return helper.make_node("Constant", [], [name], value=numpy_helper.from_array(np.array(values, np.int64)))


def sliced(**limits: list[int]) -> onnx.GraphProto:
    """x + the sum of a slice of the weight w."""
    nodes = [constant(name, values) for name, values in limits.items()]
    nodes += [
        helper.make_node("Slice", ["w", *limits], ["part"]),
        helper.make_node("ReduceSum", ["part"], ["sum"], keepdims=0),
        helper.make_node("Add", ["x", "sum"], ["y"]),
    ]
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, [])]
    outputs = [helper.make_tensor_value_info("y", TensorProto.FLOAT, [])]
    return helper.make_graph(nodes, "sliced", inputs, outputs)


def result(graph: onnx.GraphProto, weights: dict[str, np.ndarray]) -> Any:
    graph.initializer.extend(numpy_helper.from_array(array, name) for name, array in weights.items())
    model = helper.make_model(graph, opset_imports=OPSETS, ir_version=IR_VERSION)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {"x": np.array(100, np.float32)})[0]


def test_a_slice_is_cut_out_and_named_by_its_place() -> None:
    graph = sliced(starts=[1], ends=[2**62], axes=[0], steps=[1])
    weights = split_slices(graph, {"w": WEIGHT})
    assert list(weights) == ["w[1:4, 0:3]"]
    np.testing.assert_array_equal(weights["w[1:4, 0:3]"], WEIGHT[1:])
    assert [node.op_type for node in graph.node] == ["ReduceSum", "Add"]
    assert result(graph, weights) == 100 + WEIGHT[1:].sum()


def test_two_axes_negative_limits_and_steps() -> None:
    graph = sliced(starts=[-3, 0], ends=[-1, 3], axes=[0, 1], steps=[1, 2])
    weights = split_slices(graph, {"w": WEIGHT})
    np.testing.assert_array_equal(weights["w[1:3, 0:3:2]"], WEIGHT[-3:-1, ::2])


def test_what_is_read_whole_too_stays() -> None:
    graph = sliced(starts=[0], ends=[2], axes=[0], steps=[1])
    graph.node.insert(0, helper.make_node("ReduceMax", ["w"], ["greatest"], keepdims=0))
    graph.node[-1].input[0] = "greatest"
    weights = split_slices(graph, {"w": WEIGHT})
    assert list(weights) == ["w", "w[0:2, 0:3]"]
    assert result(graph, weights) == WEIGHT.max() + WEIGHT[:2].sum()

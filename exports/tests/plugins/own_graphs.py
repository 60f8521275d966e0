"""Parts that bring their own graphs, and need no framework for that."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
from onnx import numpy_helper, parser

from s2s_toolkit.parts.scorers import GeneralScorer
from s2s_toolkit.weights import Weight

HEADER = '<ir_version: 10, opset_import: ["": 17]>'  # older than the exported file


def graph(text: str, **arrays: np.ndarray) -> onnx.ModelProto:
    model = parser.parse_model(HEADER + text)
    model.graph.initializer.extend(numpy_helper.from_array(array, name) for name, array in arrays.items())
    return model


def rising_graphs(kernel: np.ndarray) -> dict[str, onnx.ModelProto]:
    """The graphs of a scorer in which each position scores at least as high as those before it; kernel (M, Q)."""
    memory_size, query_size = kernel.shape
    keys = f"""keys (float[B, S, {memory_size}] memory) => (float[B, S, {query_size}] keys) {{
        keys = MatMul(memory, kernel)
    }}"""
    score = f"""score (float[B, T, {query_size}] query, float[B, S, {query_size}] keys) => (float[B, T, S] scores) {{
        columns = Transpose<perm = [0, 2, 1]>(keys)
        products = MatMul(query, columns)
        exponentials = Exp(products)
        axis = Constant<value = int64 {{2}}>()
        sums = CumSum(exponentials, axis)
        scores = Log(sums)
    }}"""
    return {"keys": graph(keys, kernel=kernel), "score": graph(score)}


class RisingScorer:
    """For the framework "onnx": made like its native twins, and only there for its graphs."""

    def __init__(self, query_size: int, memory_size: int) -> None:
        pass

    def to_onnx(self, weights: Mapping[str, np.ndarray]) -> dict[str, onnx.ModelProto]:
        return rising_graphs(weights["key.kernel"])


class SymbolEncoder:
    """Projects each symbol on its own; portable, and with a graph of its own."""

    def __init__(self, input_size: int, *, size: int = 4) -> None:
        self.input_size, self.memory_size = input_size, size

    def weights(self) -> dict[str, Weight]:
        return {"kernel": Weight((self.input_size, self.memory_size))}

    def encode(self, xp: Any, weights: Any, inputs: Any, lengths: Any) -> Any:
        memory = xp.matmul(inputs, weights["kernel"])
        return memory, memory[:, 0]

    def to_onnx(self, weights: Mapping[str, np.ndarray]) -> dict[str, onnx.ModelProto]:
        text = f"""encode (float[B, S, {self.input_size}] inputs) =>
            (float[B, S, {self.memory_size}] memory, float[B, {self.memory_size}] summary) {{
            memory = MatMul(inputs, kernel)
            first = Constant<value = int64 {{0}}>()
            summary = Gather<axis = 1>(memory, first)
        }}"""
        return {"encode": graph(text, kernel=weights["kernel"])}


class CountingDecoder:
    """Its query is the step's number beside the last context; portable, and with graphs of its own."""

    def __init__(self, embedding_size: int, memory_size: int) -> None:
        self.embedding_size, self.memory_size = embedding_size, memory_size
        self.query_size, self.readout_size = memory_size + 1, embedding_size + memory_size

    def weights(self) -> dict[str, Weight]:
        return {}

    def start(self, xp: Any, weights: Any, summary: Any) -> Any:
        return {"context": summary, "count": xp.zeros_like(summary[:, :1])}

    def step(self, xp: Any, weights: Any, previous: Any, state: Any, attend: Any) -> Any:
        count = state["count"] + 1.0
        context, attention = attend(xp.concat([state["context"], count], axis=-1))
        return xp.concat([previous, context], axis=-1), attention, {"context": context, "count": count}

    def to_onnx(self, weights: Mapping[str, np.ndarray]) -> dict[str, onnx.ModelProto]:
        memory, embedding = f"float[B, {self.memory_size}]", f"float[B, {self.embedding_size}]"
        start = f"""start ({memory} summary) => ({memory} state_context, float[B, 1] state_count) {{
            state_context = Identity(summary)
            axes = Constant<value = int64[1] {{1}}>()
            total = ReduceSum(summary, axes)
            state_count = Sub(total, total)
        }}"""
        step = f"""step (
            {embedding} previous, {memory} attend_context, float[B, S] attend_attention,
            {memory} state_context, float[B, 1] state_count
        ) => (
            float[B, {self.query_size}] attend_query, float[B, {self.readout_size}] readout, float[B, S] attention,
            {memory} next_context, float[B, 1] next_count
        ) {{
            one = Constant<value = float {{1.0}}>()
            next_count = Add(state_count, one)
            attend_query = Concat<axis = 1>(state_context, next_count)
            readout = Concat<axis = 1>(previous, attend_context)
            attention = Identity(attend_attention)
            next_context = Identity(attend_context)
        }}"""
        return {"start": graph(start), "step": graph(step)}


class RefusedScorer(GeneralScorer):
    """Its graphs are not those that a scorer needs."""

    def __init__(self, query_size: int, memory_size: int, *, mistake: str) -> None:
        super().__init__(query_size, memory_size)
        self.sizes, self.mistake = (memory_size, query_size), mistake

    def to_onnx(self, weights: Mapping[str, np.ndarray]) -> dict[str, Any]:
        graphs = rising_graphs(np.ones(self.sizes, np.float32))
        return {
            "lacking": lambda: {"keys": graphs["keys"]},
            "raising": lambda: {"keys": weights["absent"]},
            "serialized": lambda: {name: model.SerializeToString() for name, model in graphs.items()},
        }[self.mistake]()

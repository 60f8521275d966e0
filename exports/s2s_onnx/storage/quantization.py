"""Weights as 8-bit integers, and matrix products with them in integers.

The left side of a product is rounded to 8 bits with one scale, fixed when the file is made: the greatest value seen on
examples (`s2s_onnx.storage.calibration`). So a source gives the same in any batch, which a scale taken from the batch
at hand, as in onnxruntime's own dynamic quantisation, does not keep. The right side has a scale for each column.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from s2s_onnx.graph.graphs import all_graphs, replace_nodes

GREATEST_FACTOR = 63
"""Of the integers of a weight in a product. They have 7 bits: two products of 8 by 8 bits overflow the 16 bits in which
processors without VNNI add them up, and one file would translate differently from machine to machine."""
GREATEST = 127
"""Of the integers of other weights, and of left sides; those are stored around `MIDDLE`, without a sign, which is what
processors multiply fastest."""
MIDDLE = 128
ZERO = "int8.zero"
MICROSOFT = "com.microsoft"
"""The domain of onnxruntime's own operators."""


def quantize(
    graph: onnx.GraphProto,
    weights: Mapping[str, np.ndarray],
    biases: set[str],
    peaks: Mapping[str, float],
    *,
    transposed: Mapping[str, str] | None = None,
) -> None:
    """Store weights (M, N) as integers and calculate with them.

    Rows of a table are looked up as integers and widened. What reads a weight in another way, as a `GRU` does, gets it
    widened, which onnxruntime does once, when it opens the file.

    Args:
        graph: Is changed, its subgraphs too; the weights are values that it doesn't define.
        weights: Matrices by name.
        biases: Names of constants that may be added to a product in the same node.
        peaks: Greatest absolute value of left sides by name; a product without one stays as it is.
        transposed: Names of further values that it doesn't define -> the weight that each is the transpose of, as tied
            embeddings have it. The integers serve both: a scale for each row of the one is one for each column of the
            other.
    """
    transposed = transposed or {}
    uses = _uses(graph, [*weights, *transposed], peaks)
    for weight in transposed.values():
        uses[weight].add("transposed")
    steps = set[str]()
    for number, each in enumerate(all_graphs(graph)):
        steps |= _Rewriting(each, number, uses, biases, peaks).run()
    before = [node for name, weight in transposed.items() for node in _transposed(name, weight)]
    before += [node for name, read in uses.items() if "other" in read for node in _widened(name)]
    replace_nodes(graph, [*before, *graph.node])
    for name, array in weights.items():
        graph.initializer.extend(_stored(name, array, uses[name]))
    graph.initializer.extend(
        numpy_helper.from_array(np.array(peaks[n] / GREATEST, np.float32), _step(n)) for n in sorted(steps)
    )
    graph.initializer.append(numpy_helper.from_array(np.array(MIDDLE, np.uint8), ZERO))


def integers(array: np.ndarray, greatest: int, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """Integers up to `greatest`, and the scales, one for each slice along `axis`, that give the array back."""
    peaks = np.abs(array).max(axis=axis, keepdims=True)
    peaks = np.where(peaks < np.finfo(np.float32).tiny, 1, peaks)  # a scale for what is zero, or nearly
    scales = (peaks / greatest).astype(np.float32)
    return np.round(array / scales).astype(np.int8), scales


@dataclass
class _Rewriting:
    """One graph, whose products and look-ups are done anew; `number` tells it from the others."""

    graph: onnx.GraphProto
    number: int
    uses: Mapping[str, set[str]]
    biases: set[str]
    peaks: Mapping[str, float]
    steps: set[str] = field(default_factory=set)
    nodes: list[onnx.NodeProto] = field(default_factory=list)

    def run(self) -> set[str]:
        """Replace the nodes; the names of the left sides."""
        additions, fused = self._additions(), set[str]()
        for node in self.graph.node:
            use = _use(node, self.uses, self.peaks)
            if use == "product":
                addition = additions.get(node.output[0])
                self._product(node, addition)
                fused |= {addition.output[0]} if addition else set()
            elif use == "table":
                self._look_up(node)
            elif not fused & set(node.output):
                self.nodes.append(node)
        replace_nodes(self.graph, self.nodes)
        return self.steps

    def _additions(self) -> dict[str, onnx.NodeProto]:
        """The nodes that add a bias to something that is read nowhere else, by the name of that."""
        reads = Counter(name for each in all_graphs(self.graph) for node in each.node for name in node.input)
        reads.update(value.name for value in self.graph.output)
        found = {}
        for node in self.graph.node:
            if node.op_type == "Add" and node.input[1] in self.biases and reads[node.input[0]] == 1:
                found[node.input[0]] = node
        return found

    def _product(self, node: onnx.NodeProto, addition: onnx.NodeProto | None) -> None:
        left, weight = node.input
        quantized = f"{left}.uint8.{self.number}"  # a name may stand once in a graph and all graphs in it
        if left not in self.steps:
            self._add("QuantizeLinear", [left, _step(left), ZERO], quantized)
            self.steps.add(left)
        inputs = [quantized, f"{weight}.int8", _step(left), f"{weight}.scale", ZERO]
        inputs += ["", addition.input[1]] if addition else []
        result = (addition or node).output[0]
        self._add("MatMulIntegerToFloat", inputs, result, domain=MICROSOFT)

    def _look_up(self, node: onnx.NodeProto) -> None:
        (table, places), result = node.input, node.output[0]
        self._add("Gather", [f"{table}.int8", places], f"{result}.int8")
        self._add("Cast", [f"{result}.int8"], f"{result}.steps", to=TensorProto.FLOAT)
        scale = f"{table}.scale"
        if _is_table(self.uses[table]):
            self._add("Gather", [scale, places], f"{result}.scale")
            scale = f"{result}.scale"
        self._add("Mul", [f"{result}.steps", scale], result)

    def _add(self, operator: str, inputs: list[str], output: str, **attributes: Any) -> None:
        self.nodes.append(helper.make_node(operator, inputs, [output], **attributes))


def _uses(graph: onnx.GraphProto, weights: Collection[str], peaks: Collection[str]) -> dict[str, set[str]]:
    """How each weight is read: as the right side of a "product", as a "table" to look up in, or in an "other" way."""
    uses: dict[str, set[str]] = {name: set() for name in weights}
    for each in all_graphs(graph):
        for node in each.node:
            for name in uses.keys() & set(node.input):
                uses[name].add(_use(node, uses, peaks) or "other")
    return uses


def _use(node: onnx.NodeProto, weights: Collection[str], peaks: Collection[str]) -> str:
    if node.op_type == "MatMul" and node.input[1] in weights and node.input[0] in peaks:
        return "product"
    if (
        node.op_type == "Gather"
        and node.input[0] in weights
        and not any(a.name == "axis" and a.i for a in node.attribute)
    ):
        return "table"
    return ""


def _is_table(uses: set[str]) -> bool:
    """A table has a scale for each row, one that is multiplied with transposed too; anything else for each column."""
    return uses == {"table"} or "transposed" in uses


def _stored(name: str, array: np.ndarray, uses: set[str]) -> list[onnx.TensorProto]:
    by_row = _is_table(uses)
    greatest = GREATEST_FACTOR if uses & {"product", "transposed"} else GREATEST
    values, scales = integers(array, greatest, -1 if by_row else -2)
    scales = scales if by_row else scales.squeeze(-2)
    return [numpy_helper.from_array(values, f"{name}.int8"), numpy_helper.from_array(scales, f"{name}.scale")]


def _transposed(name: str, weight: str) -> list[onnx.NodeProto]:
    return [
        helper.make_node("Transpose", [f"{weight}.{part}"], [f"{name}.{part}"], perm=(1, 0))
        for part in ("int8", "scale")
    ]


def _widened(name: str) -> list[onnx.NodeProto]:
    return [
        helper.make_node("Cast", [f"{name}.int8"], [f"{name}.steps"], to=TensorProto.FLOAT),
        helper.make_node("Mul", [f"{name}.steps", f"{name}.scale"], [name]),
    ]


def _step(name: str) -> str:
    return f"{name}.step"

"""Every operator and index of a graph value gives what it gives with numpy; what a graph can't hold is refused."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from spox import Tensor, argument

from s2s_onnx.graph.array import OnnxArray
from s2s_onnx.graph.namespace import OnnxNamespace
from s2s_toolkit.errors import UnsupportedError

Case = Callable[..., Any]

OPERATORS: dict[str, Case] = {
    "add": lambda xp, x, y: x + y,
    "add a number": lambda xp, x: 1 + x + 0.5,
    "add a fraction to integers": lambda xp, i: i + 0.5,
    "add bools": lambda xp, b, c: b + c,
    "add a bool to integers": lambda xp, i, b: i + b,
    "add integers to floats": lambda xp, i, x: i + x,
    "add a numpy array on the left": lambda xp, x: np.arange(5) + x,
    "subtract": lambda xp, x, y: x - y,
    "subtract from a number": lambda xp, i: 3 - i,
    "multiply": lambda xp, i, j: i * j,
    "multiply bools": lambda xp, b, c: b * c,
    "multiply a bool and a float": lambda xp, b, x: 2 * b * x,
    "divide": lambda xp, x, y: x / y,
    "divide integers": lambda xp, i, j: i / j,
    "divide a number": lambda xp, j: 1 / j,
    "floor-divide integers": lambda xp, i, j: i // j,
    "floor-divide integers by a number": lambda xp, i: i // 4,
    "floor-divide a number": lambda xp, j: -7 // j,
    "floor-divide floats": lambda xp, x, y: x // y,
    "floor-divide floats by a tenth": lambda xp, x: xp.floor(x * 10) / 10 // 0.1,
    "remainder of integers": lambda xp, i, j: i % j,
    "remainder of a number": lambda xp, j: -7 % j,
    "remainder of floats": lambda xp, x, y: x % y,
    "power": lambda xp, x: x**2,
    "power of a number": lambda xp, x: 2**x,
    "fractional power of integers": lambda xp, i: (i * i) ** 0.5,
    "negate": lambda xp, i: -i,
    "absolute value": lambda xp, x: abs(x),
    "product": lambda xp, x, z: x[:, None] @ z,
    "product with numpy": lambda xp, z: z @ np.eye(7, dtype=np.float32)[:, :2],
    "less": lambda xp, x, y: x < y,
    "less or equal": lambda xp, i, j: i <= j,
    "greater than a number": lambda xp, i: i > 0.5,
    "a numpy array is greater or equal": lambda xp, x: np.arange(5) >= x,
    "compare bools": lambda xp, b, c: b < c,
    "equal": lambda xp, i: i == 3,
    "equal bools": lambda xp, b, c: b == c,
    "not equal": lambda xp, i, j: i != j,
    "and": lambda xp, b, c: b & c,
    "or": lambda xp, b, c: b | c,
    "exclusive or": lambda xp, b, c: b ^ c,
    "and on the right": lambda xp, b: True & b,
    "not": lambda xp, b: ~b,
    "bits of integers": lambda xp, i, j: (i & j) | (~i ^ 5),
}

INDICES: dict[str, Case] = {
    "number": lambda z: z[1],
    "negative number": lambda z: z[-1],
    "numbers": lambda z: z[0, -2],
    "number of numpy": lambda z: z[np.int64(1)],
    "last of the last axis": lambda z: z[..., -1],
    "all numbers": lambda z: z[-1, -1, -1],
    "slice": lambda z: z[:, 1:3],
    "open slice": lambda z: z[1:, :-2, -3:],
    "step": lambda z: z[:, ::2, 1::3],
    "reversed": lambda z: z[::-1],
    "reversed with limits": lambda z: z[:, 3:0:-1, -2::-2],
    "empty slice": lambda z: z[:, 3:3],
    "beyond the end": lambda z: z[:, 2:99],
    "ellipsis alone": lambda z: z[...],
    "ellipsis between": lambda z: z[1, ..., 2],
    "ellipsis of no axis": lambda z: z[0, ..., 1, 2],
    "new axes": lambda z: z[None, :, None],
    "new axis at the end": lambda z: z[..., None],
    "new axis beside numbers": lambda z: z[:, None, 0, 1:, None],
    "new axis after an ellipsis": lambda z: z[0, ..., None, 2],
}


@pytest.mark.parametrize("name", OPERATORS)
def test_operator_gives_what_numpy_gives(assert_traced_alike: Case, name: str) -> None:
    assert_traced_alike(OPERATORS[name])


@pytest.mark.parametrize("name", INDICES)
def test_index_gives_what_numpy_gives(assert_traced_alike: Case, name: str) -> None:
    assert_traced_alike(INDICES[name])


@pytest.fixture
def graph_value() -> OnnxArray:
    return OnnxArray(argument(Tensor(np.float32, ("B", "S", 7))))


def test_open_sizes_are_none(graph_value: OnnxArray) -> None:
    assert graph_value.shape == (None, None, 7)
    assert graph_value.ndim == 3


def test_a_filling_keeps_the_known_sizes(graph_value: OnnxArray) -> None:
    assert OnnxNamespace().zeros_like(graph_value).shape == (None, None, 7)


REFUSED: dict[str, tuple[Case, str]] = {
    "a condition": (lambda xp, z: 1 if z > 0 else 2, "use xp.where in place of `if`"),
    "a loop": (lambda xp, z: list(z), "can't be iterated over"),
    "a function of numpy's": (lambda xp, z: np.stack([z, z]), "use the functions of xp"),
    "an array as index": (lambda xp, z: z[z > 0], "use xp.take"),
    "too many indices": (lambda xp, z: z[0, 0, 0, 0], "3 axes can't be indexed"),
    "an open size in a shape": (lambda xp, z: xp.reshape(z, (z.shape[0], -1)), "can't hold the open size None"),
    "text": (lambda xp, z: xp.asarray(["a"]), "bool, int64 and float32"),
    "the difference of bools": (lambda xp, z: (z > 0) - (z < 0), "use xp.astype first"),
    "a running sum over no axis": (lambda xp, z: xp.cumulative_sum(z), "needs an axis"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_a_graph_cannot_hold_is_refused(graph_value: OnnxArray, name: str) -> None:
    function, message = REFUSED[name]
    with pytest.raises(UnsupportedError, match=message):
        function(OnnxNamespace(), graph_value)

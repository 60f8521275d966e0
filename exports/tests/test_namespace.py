"""Every function, operator and index of the array namespace gives in the graph what it gives with numpy."""

from collections.abc import Callable
from typing import Any

import numpy as np
import onnxruntime
import pytest
from spox import Tensor, argument, build

from s2s_onnx.array import OnnxArray
from s2s_onnx.namespace import OnnxNamespace
from s2s_onnx.opset import IR_VERSION
from s2s_toolkit.arrays import FUNCTIONS, NumpyNamespace
from s2s_toolkit.errors import UnsupportedError

RNG = np.random.default_rng(1)
ARRAYS = {
    "x": RNG.normal(0, 2, (3, 5)).astype(np.float32),
    "y": RNG.normal(0, 2, (3, 5)).astype(np.float32),
    "i": RNG.integers(-9, 9, (3, 5)),
    "j": np.array([[1, -2, 3, -4, 5]] * 3),
    "b": np.array([[True, False, True, True, False], [False] * 5, [True] * 5]),
    "c": np.array([[True, True, False, True, False]] * 3),
    "ties": np.array([[1.0, 3.0, 3.0, 0.0, 3.0], [2.0] * 5, [-1.0, -1.0, 0.0, 0.0, -2.0]], np.float32),
    "z": RNG.normal(0, 1, (3, 5, 7)).astype(np.float32),
    "v": RNG.normal(0, 1, 7).astype(np.float32),
    "n": np.array(4),
}
LETTERS = {(3, 5): ("B", "S"), (3, 5, 7): ("B", "S", 7), (7,): (7,), (): ()}
"""The axes of the arrays as the graph knows them: batch and positions are open."""

Case = Callable[..., Any]

CALLS: dict[str, list[Case]] = {
    "abs": [lambda xp, x: xp.abs(x), lambda xp, i: xp.abs(i)],
    "all": [lambda xp, b: xp.all(b), lambda xp, b: xp.all(b, axis=1), lambda xp, i: xp.all(i, axis=0, keepdims=True)],
    "any": [lambda xp, b: xp.any(b), lambda xp, b: xp.any(b, axis=1), lambda xp, i: xp.any(i == 3, axis=(0, 1))],
    "arange": [
        lambda xp: xp.arange(5),
        lambda xp: xp.arange(2, 11, 3),
        lambda xp: xp.arange(5, -1, -2),
        lambda xp: xp.arange(0.0, 1.0, 0.25),
        lambda xp, n: xp.arange(n),
        lambda xp, n: xp.arange(1, n),
    ],
    "argmax": [
        lambda xp, x: xp.argmax(x, axis=-1),
        lambda xp, ties: xp.argmax(ties, axis=1),
        lambda xp, ties: xp.argmax(ties, axis=0, keepdims=True),
        lambda xp, i: xp.argmax(i, axis=0),
        lambda xp, i: xp.argmax(i + 2**40, axis=1),
        lambda xp, x: xp.argmax(x),
    ],
    "asarray": [
        lambda xp, x: x + xp.asarray([1.0, 2.0, 3.0, 4.0, 5.0]),
        lambda xp: xp.asarray([[1, 2], [3, 4]]),
        lambda xp: xp.asarray([True, False]),
        lambda xp: xp.asarray([1, 2], dtype=xp.float32),
        lambda xp, x: xp.asarray(x),
    ],
    "astype": [
        lambda xp, x: xp.astype(x, xp.int64),
        lambda xp, i: xp.astype(i, xp.float32),
        lambda xp, i: xp.astype(i, xp.bool),
        lambda xp, b: xp.astype(b, xp.int64),
        lambda xp, b: xp.astype(b, xp.float32),
    ],
    "bool": [lambda xp, b: xp.astype(b, xp.bool)],
    "broadcast_to": [lambda xp, v: xp.broadcast_to(v, (3, 7)), lambda xp, n: xp.broadcast_to(n, (2,))],
    "ceil": [lambda xp, x: xp.ceil(x), lambda xp, i: xp.ceil(i)],
    "clip": [
        lambda xp, x: xp.clip(x, -1.0, 0.5),
        lambda xp, x: xp.clip(x, 0, None),
        lambda xp, i: xp.clip(i, max=2),
        lambda xp, x, y: xp.clip(x, y, 9.0),
    ],
    "concat": [
        lambda xp, x, y: xp.concat([x, y], axis=-1),
        lambda xp, x, y: xp.concat([x, y]),
        lambda xp, x, y: xp.concat([x, y], axis=None),
        lambda xp, x, i: xp.concat([x, i], axis=1),
    ],
    "cos": [lambda xp, x: xp.cos(x)],
    "cumulative_sum": [
        lambda xp, x: xp.cumulative_sum(x, axis=1),
        lambda xp, i: xp.cumulative_sum(i, axis=0),
        lambda xp, b: xp.cumulative_sum(b, axis=-1),
        lambda xp, v: xp.cumulative_sum(v),
    ],
    "exp": [lambda xp, x: xp.exp(x), lambda xp, i: xp.exp(i)],
    "expand_dims": [
        lambda xp, x: xp.expand_dims(x, axis=1),
        lambda xp, x: xp.expand_dims(x, axis=-1),
        lambda xp, x: xp.expand_dims(x, axis=(0, 2)),
    ],
    "float32": [lambda xp, i: xp.astype(i, xp.float32)],
    "floor": [lambda xp, x: xp.floor(x), lambda xp, i: xp.floor(i)],
    "full_like": [
        lambda xp, x: xp.full_like(x, 2.5),
        lambda xp, i: xp.full_like(i, 3),
        lambda xp, b: xp.full_like(b, True),
        lambda xp, i: xp.full_like(i, 0.5, dtype=xp.float32),
    ],
    "int64": [lambda xp, b: xp.astype(b, xp.int64)],
    "log": [lambda xp, x: xp.log(xp.abs(x)), lambda xp, j: xp.log(xp.abs(j))],
    "log_softmax": [lambda xp, x: xp.log_softmax(x), lambda xp, x: xp.log_softmax(x * 1e4 - 1e9)],
    "logical_and": [lambda xp, b, c: xp.logical_and(b, c), lambda xp, i, b: xp.logical_and(i, b)],
    "logical_not": [lambda xp, b: xp.logical_not(b), lambda xp, i: xp.logical_not(i)],
    "logical_or": [lambda xp, b, c: xp.logical_or(b, c), lambda xp, i, b: xp.logical_or(i, b)],
    "matmul": [
        lambda xp, z, v: xp.matmul(z, v),
        lambda xp, v: xp.matmul(v, v),
        lambda xp, z: xp.matmul(z, xp.matrix_transpose(z)),
        lambda xp, x, z: xp.matmul(x[:, None, :], z),
        lambda xp, v, z: xp.matmul(v, xp.matrix_transpose(z)),
        lambda xp, i: xp.matmul(i, xp.matrix_transpose(i)),
    ],
    "matrix_transpose": [lambda xp, z: xp.matrix_transpose(z), lambda xp, x: xp.matrix_transpose(x)],
    "max": [
        lambda xp, x: xp.max(x, axis=-1),
        lambda xp, i: xp.max(i, axis=0, keepdims=True),
        lambda xp, b: xp.max(b, axis=1),
        lambda xp, z: xp.max(z, axis=(0, 2)),
        lambda xp, x: xp.max(x),
    ],
    "maximum": [
        lambda xp, x, y: xp.maximum(x, y),
        lambda xp, i: xp.maximum(i, 2),
        lambda xp, i, x: xp.maximum(i, x),
        lambda xp, x: xp.maximum(0, x),
    ],
    "mean": [
        lambda xp, x: xp.mean(x, axis=1),
        lambda xp, i: xp.mean(i, axis=0),
        lambda xp, z: xp.mean(z, axis=(1, 2), keepdims=True),
    ],
    "min": [lambda xp, x: xp.min(x, axis=-1), lambda xp, i: xp.min(i), lambda xp, b: xp.min(b, axis=0)],
    "minimum": [lambda xp, x, y: xp.minimum(x, y), lambda xp, i: xp.minimum(i, -1), lambda xp, x: xp.minimum(x, 0)],
    "ones_like": [
        lambda xp, x: xp.ones_like(x),
        lambda xp, i: xp.ones_like(i),
        lambda xp, x: xp.ones_like(x, dtype=xp.int64),
    ],
    "permute_dims": [lambda xp, z: xp.permute_dims(z, (2, 0, 1)), lambda xp, z: xp.permute_dims(z, (-1, 0, -2))],
    "pow": [
        lambda xp, x: xp.pow(xp.abs(x), 0.7),
        lambda xp, i: xp.pow(i, 2),
        lambda xp, j: xp.pow(2.0, j),
        lambda xp, x, y: xp.pow(xp.abs(x), y),
    ],
    "remainder": [
        lambda xp, i, j: xp.remainder(i, j),
        lambda xp, i: xp.remainder(i, -4),
        lambda xp, x, y: xp.remainder(x, y),
        lambda xp, x: xp.remainder(x, 0.5),
    ],
    "reshape": [
        lambda xp, x: xp.reshape(x, (5, 3)),
        lambda xp, z: xp.reshape(z, (-1, 7)),
        lambda xp, x: xp.reshape(x, -1),
        lambda xp, n: xp.reshape(n, (1, 1)),
    ],
    "sigmoid": [lambda xp, x: xp.sigmoid(x), lambda xp, x: xp.sigmoid(x * 100)],
    "sign": [lambda xp, x: xp.sign(x), lambda xp, i: xp.sign(i)],
    "sin": [lambda xp, x: xp.sin(x)],
    "softmax": [lambda xp, x: xp.softmax(x), lambda xp, z: xp.softmax(z * 50)],
    "sqrt": [lambda xp, x: xp.sqrt(xp.abs(x)), lambda xp, j: xp.sqrt(xp.abs(j))],
    "square": [lambda xp, x: xp.square(x), lambda xp, i: xp.square(i)],
    "squeeze": [
        lambda xp, x: xp.squeeze(xp.expand_dims(x, axis=1), axis=1),
        lambda xp, x: xp.squeeze(xp.expand_dims(x, axis=(0, 3)), axis=(0, -1)),
    ],
    "stack": [lambda xp, x, y: xp.stack([x, y]), lambda xp, x, y: xp.stack([x, y], axis=-1)],
    "sum": [
        lambda xp, x: xp.sum(x, axis=-1),
        lambda xp, i: xp.sum(i, axis=0, keepdims=True),
        lambda xp, b: xp.sum(b, axis=1),
        lambda xp, z: xp.sum(z, axis=(0, 1)),
        lambda xp, b: xp.sum(b),
    ],
    "take": [
        lambda xp, x: xp.take(x, xp.asarray([2, 0, 0]), axis=0),
        lambda xp, v, i: xp.take(v, i % 7, axis=0),
        lambda xp, x: xp.take(x, xp.asarray([[-1, 1]]), axis=1),
    ],
    "take_along_axis": [
        lambda xp, x, i: xp.take_along_axis(x, i % 5, axis=1),
        lambda xp, x, i: xp.take_along_axis(x, i[:, :2] % 5, axis=-1),
    ],
    "tanh": [lambda xp, x: xp.tanh(x)],
    "top_k": [
        lambda xp, x: xp.top_k(x, 3)[0],
        lambda xp, x: xp.top_k(x, 5)[1],
        lambda xp, ties: xp.top_k(ties, 2)[1],
        lambda xp, ties: xp.top_k(ties, 5)[1],
        lambda xp, z: xp.top_k(z * 0, 7)[1],
    ],
    "where": [
        lambda xp, b, x, y: xp.where(b, x, y),
        lambda xp, b, x: xp.where(b, x, -1e9),
        lambda xp, b, i: xp.where(b, 3, i),
        lambda xp, b: xp.where(b, 1.0, 2.0),
        lambda xp, b, x, i: xp.where(b, x, i),
        lambda xp, b, c: xp.where(b, c, False),
        lambda xp, i, x: xp.where(i, x, 0.0),
    ],
    "zeros_like": [lambda xp, x: xp.zeros_like(x), lambda xp, b: xp.zeros_like(b), lambda xp, i: xp.zeros_like(i)],
}

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


def run(function: Case, names: list[str]) -> np.ndarray:
    """Trace a function over the named arrays, their axes open, and run the graph."""
    inputs = {name: argument(Tensor(ARRAYS[name].dtype, LETTERS[ARRAYS[name].shape])) for name in names}
    result = function(*(OnnxArray(var) for var in inputs.values()))
    assert isinstance(result, OnnxArray)
    model = build(inputs, {"result": result.var})
    model.ir_version = IR_VERSION
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {name: ARRAYS[name] for name in names})[0]


def parameters(function: Case) -> list[str]:
    return [name for name in function.__code__.co_varnames[: function.__code__.co_argcount] if name != "xp"]


def assert_same(found: np.ndarray, expected: Any) -> None:
    expected = np.asarray(expected)
    kinds = {"b": np.bool_, "i": np.int64, "f": np.float32}
    assert found.dtype == kinds[expected.dtype.kind]
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=2e-6, atol=2e-6)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_function_gives_what_numpy_gives(name: str) -> None:
    for function in CALLS[name]:
        names = parameters(function)
        found = run(lambda *arrays, f=function: f(OnnxNamespace(), *arrays), names)
        assert_same(found, function(NumpyNamespace(), *(ARRAYS[n] for n in names)))


@pytest.mark.parametrize("name", OPERATORS)
def test_operator_gives_what_numpy_gives(name: str) -> None:
    function = OPERATORS[name]
    names = parameters(function)
    found = run(lambda *arrays: function(OnnxNamespace(), *arrays), names)
    assert_same(found, function(NumpyNamespace(), *(ARRAYS[n] for n in names)))


@pytest.mark.parametrize("name", INDICES)
def test_index_gives_what_numpy_gives(name: str) -> None:
    assert_same(run(INDICES[name], ["z"]), INDICES[name](ARRAYS["z"]))


def graph_value(name: str = "z") -> OnnxArray:
    return OnnxArray(argument(Tensor(ARRAYS[name].dtype, LETTERS[ARRAYS[name].shape])))


def test_open_sizes_are_none() -> None:
    assert graph_value().shape == (None, None, 7)
    assert graph_value().ndim == 3


REFUSED: dict[str, tuple[Case, str]] = {
    "a condition": (lambda xp, z: 1 if z > 0 else 2, "use xp.where in place of `if`"),
    "a loop": (lambda xp, z: list(z), "can't be iterated over"),
    "an array as index": (lambda xp, z: z[z > 0], "use xp.take"),
    "too many indices": (lambda xp, z: z[0, 0, 0, 0], "3 axes can't be indexed"),
    "an open size in a shape": (lambda xp, z: xp.reshape(z, (z.shape[0], -1)), "can't hold the open size None"),
    "text": (lambda xp, z: xp.asarray(["a"]), "bool, int64 and float32"),
    "the difference of bools": (lambda xp, z: (z > 0) - (z < 0), "use xp.astype first"),
    "a running sum over no axis": (lambda xp, z: xp.cumulative_sum(z), "needs an axis"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_a_graph_cannot_hold_is_refused(name: str) -> None:
    function, message = REFUSED[name]
    with pytest.raises(UnsupportedError, match=message):
        function(OnnxNamespace(), graph_value())


def test_unknown_function_is_named() -> None:
    with pytest.raises(AttributeError, match="no 'sort'; it has: abs, all"):
        OnnxNamespace().sort  # noqa: B018

"""Calls of every function of the array namespace, by which a namespace is compared with numpy's."""

from collections.abc import Callable
from inspect import signature
from typing import Any

import numpy as np

Call = Callable[..., Any]
"""A function of `xp`, a namespace, and of arrays that it names as `ARRAYS` does."""

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
"""Floats, integers, truths, values with ties, three axes, one axis, a scalar."""

CALLS: dict[str, list[Call]] = {
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
    "cond": [
        lambda xp, x: xp.cond(xp.sum(x) < 1e9, lambda: (x + 1.0, x), lambda: (x, x))[0],
        lambda xp, x, n: xp.cond(n > 4, lambda: (x, n), lambda: (x * 2.0, n - 1))[0],
        lambda xp, x, n: xp.cond(n == 4, lambda: (x, n), lambda: (x * 2.0, n - 1))[1],
        lambda xp, x, n: xp.cond(n > 1, lambda: xp.cond(n > 9, lambda: (x,), lambda: (-x,)), lambda: (x * 0,))[0],
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
    "put_along_axis": [
        lambda xp, x: xp.put_along_axis(x, xp.asarray([[4, 0], [1, 1], [2, 3]]), -9.0),
        lambda xp, x, y: xp.put_along_axis(x, xp.asarray([[3, 1, 0, 4, 2]] * 3), y, axis=1),
        lambda xp, i: xp.put_along_axis(i, xp.asarray([[2, 0, 1, 1, 0]]), 77, axis=0),
        lambda xp, z: xp.put_along_axis(z, xp.asarray([[[6]] * 5] * 3), 0.5),
        lambda xp, x, i: xp.put_along_axis(x, i[:, :0], 1.0),
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
        lambda xp, x: xp.take(x, xp.asarray([[4, 1]]), axis=1),
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
    ],
    "zeros_like": [lambda xp, x: xp.zeros_like(x), lambda xp, b: xp.zeros_like(b), lambda xp, i: xp.zeros_like(i)],
}
"""Name of a function -> what to call it with."""


def array_names(call: Call) -> list[str]:
    """The arrays that a call takes, in its order."""
    return [name for name in signature(call).parameters if name != "xp"]

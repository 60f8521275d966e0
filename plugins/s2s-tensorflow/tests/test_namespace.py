"""The TensorFlow namespace does what numpy's does, for every function that a portable part may call."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from s2s_tensorflow.namespace import TensorFlowNamespace
from s2s_toolkit.arrays import FUNCTIONS, NumpyNamespace

RNG = np.random.default_rng(7)
FLOATS = RNG.normal(0, 2, (3, 5)).astype(np.float32)
INTEGERS = RNG.integers(-4, 5, (3, 5))
STACK = RNG.normal(size=(2, 3, 5)).astype(np.float32)
FLAGS = INTEGERS > 0
ARRAYS = {"f": FLOATS, "i": INTEGERS, "s": STACK, "b": FLAGS}

Case = Callable[..., Any]
CASES: dict[str, list[Case]] = {
    # xp, floats (3, 5), integers (3, 5), floats (2, 3, 5), flags (3, 5)
    "abs": [lambda xp, f, i, s, b: xp.abs(f), lambda xp, f, i, s, b: xp.abs(i)],
    "all": [
        lambda xp, f, i, s, b: xp.all(b),
        lambda xp, f, i, s, b: xp.all(i, axis=-1),
        lambda xp, f, i, s, b: xp.all(b, axis=0, keepdims=True),
    ],
    "any": [lambda xp, f, i, s, b: xp.any(b, axis=(0, 1)), lambda xp, f, i, s, b: xp.any(i, axis=1, keepdims=True)],
    "arange": [
        lambda xp, f, i, s, b: xp.arange(5),
        lambda xp, f, i, s, b: xp.arange(2, 9, 3),
        lambda xp, f, i, s, b: xp.arange(4, dtype=xp.float32),
        lambda xp, f, i, s, b: xp.arange(f.shape[-1]) * 2,
    ],
    "argmax": [
        lambda xp, f, i, s, b: xp.argmax(f),
        lambda xp, f, i, s, b: xp.argmax(i, axis=-1),
        lambda xp, f, i, s, b: xp.argmax(f, axis=0, keepdims=True),
        lambda xp, f, i, s, b: xp.argmax(f, keepdims=True),
    ],
    "asarray": [
        lambda xp, f, i, s, b: xp.asarray([1, 2, 3]),
        lambda xp, f, i, s, b: xp.asarray(7),
        lambda xp, f, i, s, b: xp.asarray(True),
        lambda xp, f, i, s, b: xp.asarray([1, 2], dtype=xp.float32),
        lambda xp, f, i, s, b: xp.asarray(np.zeros((2, 3), np.float32)),
        lambda xp, f, i, s, b: xp.asarray(f, dtype=xp.int64),
    ],
    "astype": [
        lambda xp, f, i, s, b: xp.astype(f, xp.int64),
        lambda xp, f, i, s, b: xp.astype(b, xp.float32),
        lambda xp, f, i, s, b: xp.astype(i, xp.bool),
    ],
    "broadcast_to": [lambda xp, f, i, s, b: xp.broadcast_to(f, (2, 3, 5))],
    "ceil": [lambda xp, f, i, s, b: xp.ceil(f), lambda xp, f, i, s, b: xp.ceil(i)],
    "clip": [
        lambda xp, f, i, s, b: xp.clip(f, -1, 1),
        lambda xp, f, i, s, b: xp.clip(i, min=0),
        lambda xp, f, i, s, b: xp.clip(f, max=0.5),
    ],
    "concat": [
        lambda xp, f, i, s, b: xp.concat([f, f]),
        lambda xp, f, i, s, b: xp.concat([i, i], axis=-1),
        lambda xp, f, i, s, b: xp.concat([f, s], axis=None),
    ],
    "cos": [lambda xp, f, i, s, b: xp.cos(f)],
    "cumulative_sum": [
        lambda xp, f, i, s, b: xp.cumulative_sum(f, axis=1),
        lambda xp, f, i, s, b: xp.cumulative_sum(i, axis=-1),
        lambda xp, f, i, s, b: xp.cumulative_sum(f[0]),
        lambda xp, f, i, s, b: xp.cumulative_sum(i, axis=0, include_initial=True),
        lambda xp, f, i, s, b: xp.cumulative_sum(i, axis=0, dtype=xp.float32),
    ],
    "exp": [lambda xp, f, i, s, b: xp.exp(f)],
    "expand_dims": [
        lambda xp, f, i, s, b: xp.expand_dims(f, axis=1),
        lambda xp, f, i, s, b: xp.expand_dims(i, axis=-1),
    ],
    "floor": [lambda xp, f, i, s, b: xp.floor(f), lambda xp, f, i, s, b: xp.floor(i)],
    "full_like": [
        lambda xp, f, i, s, b: xp.full_like(f, 3),
        lambda xp, f, i, s, b: xp.full_like(b, 2, dtype=xp.int64),
    ],
    "log": [lambda xp, f, i, s, b: xp.log(xp.abs(f) + 1)],
    "log_softmax": [lambda xp, f, i, s, b: xp.log_softmax(s * 9)],
    "logical_and": [lambda xp, f, i, s, b: xp.logical_and(b, f > 0)],
    "logical_not": [lambda xp, f, i, s, b: xp.logical_not(b)],
    "logical_or": [lambda xp, f, i, s, b: xp.logical_or(b, f > 0)],
    "matmul": [
        lambda xp, f, i, s, b: xp.matmul(s, xp.matrix_transpose(f)),
        lambda xp, f, i, s, b: xp.matmul(s, xp.matrix_transpose(s)),
        lambda xp, f, i, s, b: xp.matmul(s, f[0]),
        lambda xp, f, i, s, b: xp.matmul(f[0], f[1]),
        lambda xp, f, i, s, b: xp.matmul(f[0], xp.matrix_transpose(f)),
        lambda xp, f, i, s, b: xp.matmul(f[:, 0], s),
        lambda xp, f, i, s, b: xp.matmul(f, xp.matrix_transpose(s)),
    ],
    "matrix_transpose": [lambda xp, f, i, s, b: xp.matrix_transpose(s)],
    "max": [lambda xp, f, i, s, b: xp.max(f), lambda xp, f, i, s, b: xp.max(i, axis=-1, keepdims=True)],
    "maximum": [lambda xp, f, i, s, b: xp.maximum(f, 0.5), lambda xp, f, i, s, b: xp.maximum(0, i)],
    "mean": [lambda xp, f, i, s, b: xp.mean(f), lambda xp, f, i, s, b: xp.mean(s, axis=(0, 2))],
    "min": [lambda xp, f, i, s, b: xp.min(f), lambda xp, f, i, s, b: xp.min(i, axis=0)],
    "minimum": [lambda xp, f, i, s, b: xp.minimum(f, 0), lambda xp, f, i, s, b: xp.minimum(i, i * i)],
    "ones_like": [lambda xp, f, i, s, b: xp.ones_like(i), lambda xp, f, i, s, b: xp.ones_like(i, dtype=xp.float32)],
    "permute_dims": [lambda xp, f, i, s, b: xp.permute_dims(s, axes=(2, 0, 1))],
    "pow": [lambda xp, f, i, s, b: xp.pow(f, 2), lambda xp, f, i, s, b: xp.pow(xp.abs(f), 0.5)],
    "remainder": [lambda xp, f, i, s, b: xp.remainder(i, 3), lambda xp, f, i, s, b: xp.remainder(f, -0.7)],
    "reshape": [lambda xp, f, i, s, b: xp.reshape(s, (-1, 3)), lambda xp, f, i, s, b: xp.reshape(i, (5, 1, 3))],
    "sigmoid": [lambda xp, f, i, s, b: xp.sigmoid(f * 50)],
    "sign": [lambda xp, f, i, s, b: xp.sign(f), lambda xp, f, i, s, b: xp.sign(i)],
    "sin": [lambda xp, f, i, s, b: xp.sin(f)],
    "softmax": [lambda xp, f, i, s, b: xp.softmax(xp.where(b, f, -1e9))],
    "sqrt": [lambda xp, f, i, s, b: xp.sqrt(xp.abs(f))],
    "square": [lambda xp, f, i, s, b: xp.square(f), lambda xp, f, i, s, b: xp.square(i)],
    "squeeze": [
        lambda xp, f, i, s, b: xp.squeeze(f[:, :1], axis=1),
        lambda xp, f, i, s, b: xp.squeeze(s[:1, :, :1], axis=(0, 2)),
    ],
    "stack": [lambda xp, f, i, s, b: xp.stack([f, f * 2]), lambda xp, f, i, s, b: xp.stack([i, i], axis=-1)],
    "sum": [
        lambda xp, f, i, s, b: xp.sum(f),
        lambda xp, f, i, s, b: xp.sum(i, axis=1, keepdims=True),
        lambda xp, f, i, s, b: xp.sum(s, axis=(0, 2)),
        lambda xp, f, i, s, b: xp.sum(b, axis=0, dtype=xp.int64),
    ],
    "take": [
        lambda xp, f, i, s, b: xp.take(f, xp.asarray([[0, 2], [1, 1]]), axis=0),
        lambda xp, f, i, s, b: xp.take(s, xp.asarray([2, 0]), axis=1),
        lambda xp, f, i, s, b: xp.take(s, xp.asarray([[[4]]]), axis=2),
    ],
    "take_along_axis": [
        lambda xp, f, i, s, b: xp.take_along_axis(f, xp.abs(i)[:, :2], axis=1),
        lambda xp, f, i, s, b: xp.take_along_axis(f, xp.abs(i)[:1] % 3, axis=0),
        lambda xp, f, i, s, b: xp.take_along_axis(s, xp.argmax(s, axis=1, keepdims=True), axis=1),
        lambda xp, f, i, s, b: xp.take_along_axis(s, xp.argmax(s, axis=-1, keepdims=True), axis=-1),
    ],
    "tanh": [lambda xp, f, i, s, b: xp.tanh(f)],
    "top_k": [
        lambda xp, f, i, s, b: xp.top_k(f, 3),
        lambda xp, f, i, s, b: xp.top_k(xp.astype(i, xp.float32), 5),  # with equal values
        lambda xp, f, i, s, b: xp.top_k(s, 1),
    ],
    "where": [
        lambda xp, f, i, s, b: xp.where(b, f, 0.0),
        lambda xp, f, i, s, b: xp.where(b, 3, i),
        lambda xp, f, i, s, b: xp.where(b, f, -f),
        lambda xp, f, i, s, b: xp.where(b, True, b),
        lambda xp, f, i, s, b: xp.where(b[:, :1], f, f[:1]),
    ],
    "zeros_like": [lambda xp, f, i, s, b: xp.zeros_like(f), lambda xp, f, i, s, b: xp.zeros_like(f, dtype=xp.bool)],
    "operators": [
        lambda xp, f, i, s, b: (i // 3, i % 3, i // -3, -i, i * i - 2, abs(i)),
        lambda xp, f, i, s, b: (f / 2, 2 - f, f**2, f > 0.5, i == 0, f @ xp.matrix_transpose(f)),
        lambda xp, f, i, s, b: (b & (f > 0), b | (f > 0), ~b),
        lambda xp, f, i, s, b: (f[:, 1:3], f[..., -1:], s[:, None, 0], f[0], s[..., ::2]),
    ],
}
DTYPES = {"bool", "float32", "int64"}


def test_every_function_is_tested() -> None:
    assert set(CASES) - {"operators"} | DTYPES == set(FUNCTIONS)


@pytest.mark.parametrize("mode", ["eager", "graph"])
@pytest.mark.parametrize(
    "case", [pytest.param(case, id=f"{name}{n}") for name, cases in CASES.items() for n, case in enumerate(cases)]
)
def test_function_equals_numpy(case: Case, mode: str) -> None:
    def run(**arrays: tf.Tensor) -> Any:
        return case(TensorFlowNamespace(), **arrays)

    expected = case(NumpyNamespace(), **ARRAYS)
    # in a graph, as in training, only the sizes of the last axes are known
    specs = {name: tf.TensorSpec([None] * (x.ndim - 1) + [x.shape[-1]], x.dtype) for name, x in ARRAYS.items()}
    function = run if mode == "eager" else tf.function(run, autograph=False).get_concrete_function(**specs)
    found = function(**{name: tf.constant(array) for name, array in ARRAYS.items()})
    for one, other in zip(tf.nest.flatten(found), _parts(expected), strict=True):
        assert one.shape == other.shape
        assert one.dtype.name == other.dtype.name
        np.testing.assert_allclose(one.numpy(), other, rtol=1e-5, atol=1e-6)


def test_last_size_is_an_integer_in_a_graph() -> None:
    """Portable parts divide by it and slice with it."""
    sizes = []

    @tf.function(input_signature=[tf.TensorSpec((None, None, 5)), tf.TensorSpec((5, 7))], autograph=False)
    def graph(x: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        xp = TensorFlowNamespace()
        product = xp.matmul(x, kernel)
        sizes.extend([product.shape[-1], xp.tanh(product)[..., :3].shape[-1], xp.top_k(product, 2)[1].shape[-1]])
        return xp.matmul(product, kernel[0])

    graph.get_concrete_function()
    assert sizes == [7, 3, 2]


def test_unknown_function_is_refused_with_the_list() -> None:
    with pytest.raises(AttributeError, match=r"has no 'einsum'; it has: .*softmax"):
        _ = TensorFlowNamespace().einsum


def _parts(expected: Any) -> list[np.ndarray]:
    return [np.asarray(x) for x in expected] if isinstance(expected, tuple) else [np.asarray(expected)]

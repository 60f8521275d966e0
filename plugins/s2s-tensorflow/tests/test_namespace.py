"""Every function of the array namespace gives with TensorFlow what it gives with numpy, eagerly and in a graph."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from s2s_tensorflow.namespace import TensorFlowNamespace
from s2s_toolkit.arrays import FUNCTIONS, NumpyNamespace
from s2s_toolkit.testing.array_functions import ARRAYS, CALLS, Call, array_names


@pytest.mark.parametrize("mode", ["eager", "graph"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_function_gives_what_numpy_gives(name: str, mode: str) -> None:
    for call in CALLS[name]:
        arrays = {key: ARRAYS[key] for key in array_names(call)}
        found = _called(call, mode, {key: tf.constant(array) for key, array in arrays.items()}).numpy()
        expected = np.asarray(call(NumpyNamespace(), **arrays))
        assert (found.shape, found.dtype.kind) == (expected.shape, expected.dtype.kind)
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def _called(call: Call, mode: str, arrays: dict[str, tf.Tensor]) -> tf.Tensor:
    """In a graph, as in training, only the sizes of the last axes are known."""

    def run(**given: tf.Tensor) -> tf.Tensor:
        return call(TensorFlowNamespace(), **given)

    if mode == "eager":
        return run(**arrays)
    specs = {name: tf.TensorSpec([None] * (len(x.shape) - 1) + x.shape[-1:], x.dtype) for name, x in arrays.items()}
    return tf.function(run, autograph=False).get_concrete_function(**specs)(**arrays)


def test_dtypes_are_those_of_numpy() -> None:
    """Positions and counts are int64 and numbers float32, as the arrays that a strategy carries have to be."""
    xp, x, i = TensorFlowNamespace(), tf.constant(ARRAYS["x"]), tf.constant(ARRAYS["i"])
    integers = [
        xp.arange(3),
        xp.argmax(x),
        xp.top_k(x, 2)[1],
        xp.sum(i),
        xp.cumulative_sum(i > 0),
        xp.where(i > 0, 1, i),
    ]
    assert {array.dtype for array in integers} == {tf.int64}
    floats = [xp.asarray(0.5), xp.where(x > 0, x, 0), xp.full_like(x, 1), xp.mean(x), xp.exp(i), xp.maximum(x, i)]
    assert {array.dtype for array in floats} == {tf.float32}


def test_operators_are_those_of_numpy() -> None:
    def run(x: Any, i: Any, b: Any) -> tuple[Any, ...]:
        return (
            *(i // 3, i // -3, i % 3, i % -3, -i, i * i - 2),
            *(x / 2, 2 - x, x**2, x > 0.5, i == 0, i != 0),
            *(b & (x > 0), b | (x > 0), ~b),
            *(x[:, 1:3], x[..., -1:], x[:, None, 0], x[0], x[..., ::2]),
        )

    arrays = [ARRAYS[name] for name in "xib"]
    for found, expected in zip(run(*(tf.constant(array) for array in arrays)), run(*arrays), strict=True):
        assert found.dtype.name == expected.dtype.name
        np.testing.assert_allclose(found.numpy(), expected)


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


def test_gradients_pass_through_attention_functions() -> None:
    xp, x = TensorFlowNamespace(), tf.constant([[0.5, -1.0, 2.0]])
    with tf.GradientTape() as tape:
        tape.watch(x)
        result = xp.sum(xp.softmax(xp.where(x > 0, xp.tanh(x), -1e9)) * x)
    gradient = tape.gradient(result, x).numpy()
    assert gradient[0, 1] == 0
    assert (gradient[0, [0, 2]] != 0).all()


def test_unknown_function_is_named() -> None:
    with pytest.raises(AttributeError, match="no 'sort'; it has: abs, all"):
        TensorFlowNamespace().sort  # noqa: B018

"""TensorFlow as an array namespace for portable parts (`s2s_toolkit.arrays`)."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import tensorflow as tf
from tensorflow import DType, Tensor

from s2s_toolkit.arrays import FUNCTIONS

Axis = int | tuple[int, ...] | None
Operand: TypeAlias = Tensor | bool | int | float


class TensorFlowNamespace:
    """TensorFlow's own functions where name and meaning are those of the standard; the others are below."""

    def __getattr__(self, name: str) -> Any:
        if name not in FUNCTIONS:
            raise AttributeError(f"the array namespace has no {name!r}; it has: {', '.join(FUNCTIONS)}")
        return getattr(tf, name)

    log = staticmethod(tf.math.log)
    log_softmax = staticmethod(tf.nn.log_softmax)
    matrix_transpose = staticmethod(tf.linalg.matrix_transpose)
    max = staticmethod(tf.reduce_max)
    mean = staticmethod(tf.reduce_mean)
    min = staticmethod(tf.reduce_min)
    softmax = staticmethod(tf.nn.softmax)

    @staticmethod
    def all(x: Tensor, *, axis: Axis = None, keepdims: bool = False) -> Tensor:
        return tf.reduce_all(tf.cast(x, tf.bool), axis=axis, keepdims=keepdims)

    @staticmethod
    def any(x: Tensor, *, axis: Axis = None, keepdims: bool = False) -> Tensor:
        return tf.reduce_any(tf.cast(x, tf.bool), axis=axis, keepdims=keepdims)

    @staticmethod
    def arange(start: float, stop: float | None = None, step: float = 1, *, dtype: DType | None = None) -> Tensor:
        begin, end = (0, start) if stop is None else (start, stop)
        return tf.range(begin, end, step, dtype=dtype or _default_dtype(begin + end + step))

    @staticmethod
    def argmax(x: Tensor, *, axis: int | None = None, keepdims: bool = False) -> Tensor:
        if axis is None:
            position = tf.argmax(tf.reshape(x, (-1,)), output_type=tf.int64)
            return tf.reshape(position, [1] * x.shape.rank) if keepdims else position
        positions = tf.argmax(x, axis=axis, output_type=tf.int64)
        return tf.expand_dims(positions, axis) if keepdims else positions

    @staticmethod
    def asarray(values: Any, *, dtype: DType | None = None) -> Tensor:
        if hasattr(values, "dtype"):
            return tf.cast(values, dtype or values.dtype)
        return tf.convert_to_tensor(values, dtype or _default_dtype(values))

    @staticmethod
    def astype(x: Tensor, dtype: DType) -> Tensor:
        return tf.cast(x, dtype)

    @staticmethod
    def ceil(x: Tensor) -> Tensor:
        return x if x.dtype.is_integer else tf.math.ceil(x)

    @staticmethod
    def clip(x: Tensor, min: Operand | None = None, max: Operand | None = None) -> Tensor:  # noqa: A002
        x = x if min is None else tf.maximum(x, min)
        return x if max is None else tf.minimum(x, max)

    @staticmethod
    def concat(arrays: Sequence[Tensor], *, axis: int | None = 0) -> Tensor:
        return tf.concat([tf.reshape(x, (-1,)) for x in arrays] if axis is None else arrays, axis or 0)

    @staticmethod
    def cumulative_sum(
        x: Tensor, *, axis: int | None = None, dtype: DType | None = None, include_initial: bool = False
    ) -> Tensor:
        axis = axis or 0  # the standard lets a vector go without an axis
        sums = tf.cumsum(_summable(x, dtype), axis=axis)
        return tf.concat([tf.zeros_like(tf.gather(sums, [0], axis=axis)), sums], axis=axis) if include_initial else sums

    @staticmethod
    def floor(x: Tensor) -> Tensor:
        return x if x.dtype.is_integer else tf.floor(x)

    @staticmethod
    def full_like(x: Tensor, fill_value: Operand, *, dtype: DType | None = None) -> Tensor:
        return tf.fill(tf.shape(x), tf.cast(fill_value, dtype or x.dtype))

    @staticmethod
    def matmul(x1: Tensor, x2: Tensor) -> Tensor:
        if x2.shape.rank <= 2:
            return tf.tensordot(
                x1, x2, axes=1
            )  # one product, where `tf.matmul` would make one for each row of the batch
        return tf.matmul(x1, x2) if x1.shape.rank > 1 else tf.squeeze(tf.matmul(x1[None], x2), axis=-2)

    @staticmethod
    def maximum(x1: Operand, x2: Operand) -> Tensor:
        return tf.maximum(*_alike(x1, x2))

    @staticmethod
    def minimum(x1: Operand, x2: Operand) -> Tensor:
        return tf.minimum(*_alike(x1, x2))

    @staticmethod
    def permute_dims(x: Tensor, axes: Sequence[int]) -> Tensor:
        return tf.transpose(x, axes)

    @staticmethod
    def pow(x1: Operand, x2: Operand) -> Tensor:
        return tf.pow(*_alike(x1, x2))

    @staticmethod
    def remainder(x1: Operand, x2: Operand) -> Tensor:
        return tf.math.floormod(*_alike(x1, x2))

    @staticmethod
    def sum(x: Tensor, *, axis: Axis = None, dtype: DType | None = None, keepdims: bool = False) -> Tensor:
        return tf.reduce_sum(_summable(x, dtype), axis=axis, keepdims=keepdims)

    @staticmethod
    def take(x: Tensor, indices: Tensor, *, axis: int = 0) -> Tensor:
        return tf.gather(x, indices, axis=axis)

    @staticmethod
    def take_along_axis(x: Tensor, indices: Tensor, *, axis: int = -1) -> Tensor:
        last = x.shape.rank - 1
        order = list(range(last + 1))
        order[axis], order[last] = order[last], order[axis]  # swapping twice restores
        taken = tf.gather(tf.transpose(x, order), tf.transpose(indices, order), batch_dims=last)
        return tf.transpose(taken, order)

    @staticmethod
    def top_k(x: Tensor, k: int) -> tuple[Tensor, Tensor]:
        """Of equal values TensorFlow documents the lower index first, as we want."""
        return tuple(tf.math.top_k(x, k, index_type=tf.int64))

    @staticmethod
    def where(condition: Tensor, x1: Operand, x2: Operand) -> Tensor:
        return tf.where(condition, *_alike(x1, x2))


def _alike(x1: Operand, x2: Operand) -> tuple[Tensor, Tensor]:
    """A Python number takes the dtype of the array beside it."""
    dtype = next((x.dtype for x in (x1, x2) if hasattr(x, "dtype")), None)
    return _array(x1, dtype), _array(x2, dtype)


def _array(x: Operand, dtype: DType | None) -> Tensor:
    return x if hasattr(x, "dtype") else TensorFlowNamespace.asarray(x, dtype=dtype)


def _default_dtype(values: Any) -> DType:
    """What the standard calls the default dtypes, of Python numbers or lists of them."""
    dtype = tf.convert_to_tensor(values).dtype
    return tf.int64 if dtype == tf.int32 else dtype


def _summable(x: Tensor, dtype: DType | None) -> Tensor:
    """Sums of integers are int64."""
    return tf.cast(x, dtype or (x.dtype if x.dtype.is_floating else tf.int64))

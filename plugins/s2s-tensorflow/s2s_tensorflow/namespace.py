"""TensorFlow as an array namespace for portable parts (`s2s_toolkit.arrays`)."""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import tensorflow as tf
from tensorflow import DType, Tensor

from s2s_toolkit.arrays import FUNCTIONS, Branch

Axis = int | tuple[int, ...] | None
Operand: TypeAlias = Tensor | bool | int | float


def _of_floats(function: Callable[[Tensor], Tensor]) -> Any:
    """Integers become floats first."""
    return staticmethod(lambda x: function(x if x.dtype.is_floating else tf.cast(x, tf.float32)))


def _of_truths(function: Callable[..., Tensor]) -> Any:
    """All but zero is true."""
    return staticmethod(lambda *arrays: function(*(tf.cast(x, tf.bool) for x in arrays)))


def _of_alike(function: Callable[..., Tensor]) -> Any:
    """See `_alike`."""
    return staticmethod(lambda *operands: function(*_alike(*operands)))


def _alike(*operands: Operand) -> tuple[Tensor, ...]:
    """Arrays and Python numbers in the dtype that holds them all; a number's own width does not count."""
    arrays = [x for x in operands if hasattr(x, "dtype")]
    dtypes = [tf.as_dtype(x.dtype) for x in arrays] + [_default_dtype(x) for x in operands if not hasattr(x, "dtype")]
    kind = max(map(_kind, dtypes))
    dtype = next(dtype for dtype in dtypes if _kind(dtype) == kind)
    return tuple(tf.cast(x, dtype) for x in operands)


def _kind(dtype: DType) -> int:
    """Truths, then integers, then floats."""
    return 2 if dtype.is_floating else int(dtype.is_integer)


class TensorFlowNamespace:
    """TensorFlow's own functions where name and meaning are those of the standard; the others are below."""

    def __getattr__(self, name: str) -> Any:
        if name not in FUNCTIONS:
            raise AttributeError(f"the array namespace has no {name!r}; it has: {', '.join(FUNCTIONS)}")
        return getattr(tf, name)

    cos = _of_floats(tf.cos)
    exp = _of_floats(tf.exp)
    log = _of_floats(tf.math.log)
    log_softmax = _of_floats(tf.nn.log_softmax)
    logical_and = _of_truths(tf.logical_and)
    logical_not = _of_truths(tf.logical_not)
    logical_or = _of_truths(tf.logical_or)
    matrix_transpose = staticmethod(tf.linalg.matrix_transpose)
    maximum = _of_alike(tf.maximum)
    mean = staticmethod(tf.reduce_mean)
    minimum = _of_alike(tf.minimum)
    pow = _of_alike(tf.pow)
    remainder = _of_alike(tf.math.floormod)
    sigmoid = _of_floats(tf.sigmoid)
    sin = _of_floats(tf.sin)
    softmax = _of_floats(tf.nn.softmax)
    sqrt = _of_floats(tf.sqrt)
    tanh = _of_floats(tf.tanh)

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
    def cond(condition: Tensor | bool, then: Branch, otherwise: Branch) -> tuple[Tensor, ...]:
        return tuple(tf.cond(tf.cast(condition, tf.bool), then, otherwise))

    @staticmethod
    def concat(arrays: Sequence[Tensor], *, axis: int | None = 0) -> Tensor:
        alike = _alike(*arrays)
        return tf.concat([tf.reshape(x, (-1,)) for x in alike] if axis is None else alike, axis or 0)

    @staticmethod
    def expand_dims(x: Tensor, *, axis: int | tuple[int, ...] = 0) -> Tensor:
        axes = axis if isinstance(axis, tuple) else (axis,)
        rank = x.shape.rank + len(axes)
        for place in sorted(place % rank for place in axes):
            x = tf.expand_dims(x, place)
        return x

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
    def max(x: Tensor, *, axis: Axis = None, keepdims: bool = False) -> Tensor:
        function = tf.reduce_any if x.dtype == tf.bool else tf.reduce_max
        return function(x, axis=axis, keepdims=keepdims)

    @staticmethod
    def min(x: Tensor, *, axis: Axis = None, keepdims: bool = False) -> Tensor:
        function = tf.reduce_all if x.dtype == tf.bool else tf.reduce_min
        return function(x, axis=axis, keepdims=keepdims)

    @staticmethod
    def permute_dims(x: Tensor, axes: Sequence[int]) -> Tensor:
        return tf.transpose(x, axes)

    @staticmethod
    def put_along_axis(x: Tensor, indices: Tensor, values: Operand, *, axis: int = -1) -> Tensor:
        """Each index along the axis becomes a place in all of x."""
        places = list(
            tf.meshgrid(*(tf.range(size, dtype=indices.dtype) for size in tf.unstack(tf.shape(indices))), indexing="ij")
        )
        places[axis] = indices
        updates = tf.broadcast_to(tf.cast(values, x.dtype), tf.shape(indices))
        return tf.tensor_scatter_nd_update(x, tf.stack(places, axis=-1), updates)

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


def _default_dtype(values: Any) -> DType:
    """What the standard calls the default dtypes, of Python numbers or lists of them."""
    dtype = tf.convert_to_tensor(values).dtype
    return tf.int64 if dtype == tf.int32 else dtype


def _summable(x: Tensor, dtype: DType | None) -> Tensor:
    """Sums of integers are int64."""
    return tf.cast(x, dtype or (x.dtype if x.dtype.is_floating else tf.int64))

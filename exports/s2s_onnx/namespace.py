"""ONNX as an array namespace for portable parts (`s2s_toolkit.arrays`): each call adds a node to the graph.

Our own thin layer over spox, and not ndonnx, because the graph must stay what it says: ndonnx 0.23 wraps every product in
an `If` that guards against empty arrays, which keeps onnxruntime from fusing and quantising it.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import spox.opset.ai.onnx.v21 as op
from spox import Var

from s2s_toolkit.arrays import FUNCTIONS
from s2s_toolkit.errors import UnsupportedError

Operand = "OnnxArray | bool | int | float | np.ndarray"


class OnnxArray:
    """A value of the graph, with the operators and indices of an array."""

    __array_ufunc__ = None  # numpy must leave `array + onnx_array` to us

    def __init__(self, var: Var) -> None:
        self.var = var

    @property
    def dtype(self) -> np.dtype:
        """numpy's name of the element type."""
        return self.var.unwrap_tensor().dtype

    @property
    def shape(self) -> tuple[int | None, ...]:
        """Sizes, None where the graph leaves them open."""
        shape = self.var.unwrap_tensor().shape
        if shape is None:
            raise UnsupportedError("a graph value of unknown rank has no shape; reshape it first")
        return tuple(size if isinstance(size, int) else None for size in shape)

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    def __add__(self, other: Any) -> "OnnxArray":
        return OnnxArray(op.add(self.var, self._like(other)))

    def __radd__(self, other: Any) -> "OnnxArray":
        return OnnxArray(op.add(self._like(other), self.var))

    def __sub__(self, other: Any) -> "OnnxArray":
        return OnnxArray(op.sub(self.var, self._like(other)))

    def __rsub__(self, other: Any) -> "OnnxArray":
        return OnnxArray(op.sub(self._like(other), self.var))

    def __mul__(self, other: Any) -> "OnnxArray":
        return OnnxArray(op.mul(self.var, self._like(other)))

    def __rmul__(self, other: Any) -> "OnnxArray":
        return OnnxArray(op.mul(self._like(other), self.var))

    def __truediv__(self, other: Any) -> "OnnxArray":
        return OnnxArray(op.div(self.var, self._like(other)))

    def __rtruediv__(self, other: Any) -> "OnnxArray":
        return OnnxArray(op.div(self._like(other), self.var))

    def __mod__(self, other: Any) -> "OnnxArray":
        """As Python's for integers: the sign of the divisor."""
        return OnnxArray(op.mod(self.var, self._like(other)))

    def __floordiv__(self, other: Any) -> "OnnxArray":
        """As Python's; ONNX rounds a quotient of integers towards zero, so the remainder goes first."""
        if np.issubdtype(self.dtype, np.floating):
            return OnnxArray(op.floor((self / other).var))
        return (self - self % other) / other

    def __pow__(self, other: Any) -> "OnnxArray":
        return OnnxArray(op.pow(self.var, self._like(other)))

    def __neg__(self) -> "OnnxArray":
        return OnnxArray(op.neg(self.var))

    def __matmul__(self, other: Any) -> "OnnxArray":
        return OnnxArray(op.matmul(self.var, self._like(other)))

    def __lt__(self, other: Any) -> "OnnxArray":
        return OnnxArray(op.less(self.var, self._like(other)))

    def __le__(self, other: Any) -> "OnnxArray":
        return OnnxArray(op.less_or_equal(self.var, self._like(other)))

    def __gt__(self, other: Any) -> "OnnxArray":
        return OnnxArray(op.greater(self.var, self._like(other)))

    def __ge__(self, other: Any) -> "OnnxArray":
        return OnnxArray(op.greater_or_equal(self.var, self._like(other)))

    def __eq__(self, other: Any) -> "OnnxArray":  # type: ignore[override]
        return OnnxArray(op.equal(self.var, self._like(other)))

    def __ne__(self, other: Any) -> "OnnxArray":  # type: ignore[override]
        return ~(self == other)

    def __and__(self, other: Any) -> "OnnxArray":
        return OnnxArray(op.and_(self.var, self._like(other)))

    def __or__(self, other: Any) -> "OnnxArray":
        return OnnxArray(op.or_(self.var, self._like(other)))

    def __invert__(self) -> "OnnxArray":
        return OnnxArray(op.not_(self.var))

    __hash__ = None  # type: ignore[assignment]

    def __bool__(self) -> bool:
        raise UnsupportedError("a graph value is not known while the graph is made; use xp.where in place of `if`")

    def __getitem__(self, index: Any) -> "OnnxArray":
        return _indexed(self, index if isinstance(index, tuple) else (index,))

    def _like(self, other: Any) -> Var:
        """Another operand as a value of the graph; a Python number takes this array's type."""
        return as_var(other, self.dtype)


def as_var(value: Any, dtype: Any = None) -> Var:
    """A graph value: a constant unless it is one already."""
    if isinstance(value, OnnxArray):
        return value.var
    return op.const(np.asarray(value, None if isinstance(value, np.ndarray | np.generic) else dtype))


def _indexed(array: OnnxArray, index: tuple[Any, ...]) -> OnnxArray:
    """Basic indexing with numbers, slices, None and one ellipsis."""
    consumed = sum(entry is not None and entry is not Ellipsis for entry in index)
    missing = [slice(None)] * (array.ndim - consumed)
    place = index.index(Ellipsis) if Ellipsis in index else len(index)
    index = (*index[:place], *missing, *index[place + 1 :])
    axes, starts, ends, steps, dropped, added = [], [], [], [], [], []
    for axis, entry in enumerate(entry for entry in index if entry is not None):
        if isinstance(entry, int):
            entry = slice(entry, entry + 1 if entry != -1 else None)
            dropped.append(axis)
        if entry != slice(None):
            backwards = (entry.step or 1) < 0
            limits = (2**31 - 1, -(2**31)) if backwards else (0, 2**31 - 1)
            axes.append(axis)
            starts.append(limits[0] if entry.start is None else entry.start)
            ends.append(limits[1] if entry.stop is None else entry.stop)
            steps.append(entry.step or 1)
    kept = [entry for entry in index if not isinstance(entry, int)]
    added = [axis for axis, entry in enumerate(kept) if entry is None]
    var = array.var
    if axes:
        var = op.slice(var, *(op.const(np.asarray(part, np.int64)) for part in (starts, ends, axes, steps)))
    if dropped:
        var = op.squeeze(var, op.const(np.asarray(dropped, np.int64)))
    if added:
        var = op.unsqueeze(var, op.const(np.asarray(added, np.int64)))
    return OnnxArray(var)


def _axes(axis: int | Sequence[int] | None) -> Var | None:
    return None if axis is None else op.const(np.atleast_1d(np.asarray(axis, np.int64)))


class OnnxNamespace:
    """The functions of `s2s_toolkit.arrays.FUNCTIONS` on graph values."""

    bool, float32, int64 = np.bool_, np.float32, np.int64

    def __getattr__(self, name: str) -> Any:
        raise UnsupportedError(f"the array namespace has no {name!r}; it has: {', '.join(FUNCTIONS)}")

    def asarray(self, value: Any, dtype: Any = None) -> OnnxArray:
        return OnnxArray(as_var(np.asarray(value, dtype)))

    def arange(self, start: Any, stop: Any = None, step: Any = 1) -> OnnxArray:
        start, stop = (0, start) if stop is None else (start, stop)
        if all(isinstance(limit, int) for limit in (start, stop, step)):
            return self.asarray(np.arange(start, stop, step, dtype=np.int64))
        return OnnxArray(op.range(*(as_var(limit, np.int64) for limit in (start, stop, step))))

    def astype(self, x: OnnxArray, dtype: Any) -> OnnxArray:
        return OnnxArray(op.cast(x.var, to=dtype))

    def full_like(self, x: OnnxArray, value: float) -> OnnxArray:
        return OnnxArray(op.constant_of_shape(op.shape(x.var), value=np.asarray([value], x.dtype)))

    def zeros_like(self, x: OnnxArray) -> OnnxArray:
        return self.full_like(x, 0)

    def ones_like(self, x: OnnxArray) -> OnnxArray:
        return self.full_like(x, 1)

    def where(self, condition: OnnxArray, x: Any, y: Any) -> OnnxArray:
        dtype = next(value.dtype for value in (x, y) if isinstance(value, OnnxArray))
        return OnnxArray(op.where(condition.var, as_var(x, dtype), as_var(y, dtype)))

    def reshape(self, x: OnnxArray, shape: Sequence[int]) -> OnnxArray:
        return OnnxArray(op.reshape(x.var, op.const(np.asarray(shape, np.int64))))

    def broadcast_to(self, x: OnnxArray, shape: Sequence[int]) -> OnnxArray:
        return OnnxArray(op.expand(x.var, op.const(np.asarray(shape, np.int64))))

    def expand_dims(self, x: OnnxArray, *, axis: int) -> OnnxArray:
        return OnnxArray(op.unsqueeze(x.var, _axes(axis)))

    def squeeze(self, x: OnnxArray, axis: int) -> OnnxArray:
        return OnnxArray(op.squeeze(x.var, _axes(axis)))

    def concat(self, arrays: Sequence[OnnxArray], *, axis: int) -> OnnxArray:
        return OnnxArray(op.concat([array.var for array in arrays], axis=axis))

    def stack(self, arrays: Sequence[OnnxArray], *, axis: int = 0) -> OnnxArray:
        return self.concat([self.expand_dims(array, axis=axis) for array in arrays], axis=axis)

    def permute_dims(self, x: OnnxArray, axes: Sequence[int]) -> OnnxArray:
        return OnnxArray(op.transpose(x.var, perm=tuple(axes)))

    def matrix_transpose(self, x: OnnxArray) -> OnnxArray:
        order = list(range(x.ndim))
        return self.permute_dims(x, [*order[:-2], order[-1], order[-2]])

    def matmul(self, x: OnnxArray, y: OnnxArray) -> OnnxArray:
        return x @ y

    def take(self, x: OnnxArray, indices: OnnxArray, *, axis: int) -> OnnxArray:
        return OnnxArray(op.gather(x.var, indices.var, axis=axis))

    def take_along_axis(self, x: OnnxArray, indices: OnnxArray, *, axis: int) -> OnnxArray:
        return OnnxArray(op.gather_elements(x.var, indices.var, axis=axis))

    def top_k(self, x: OnnxArray, k: int) -> tuple[OnnxArray, OnnxArray]:
        values, positions = op.top_k(x.var, op.const(np.asarray([k], np.int64)))
        return OnnxArray(values), OnnxArray(positions)

    def argmax(self, x: OnnxArray, *, axis: int, keepdims: bool = False) -> OnnxArray:
        return OnnxArray(op.arg_max(x.var, axis=axis, keepdims=int(keepdims)))

    def cumulative_sum(self, x: OnnxArray, *, axis: int) -> OnnxArray:
        return OnnxArray(op.cumsum(x.var, op.const(np.asarray(axis, np.int64))))

    def sum(self, x: OnnxArray, *, axis: Any = None, keepdims: bool = False) -> OnnxArray:
        return OnnxArray(op.reduce_sum(x.var, _axes(axis), keepdims=int(keepdims)))

    def mean(self, x: OnnxArray, *, axis: Any = None, keepdims: bool = False) -> OnnxArray:
        return OnnxArray(op.reduce_mean(x.var, _axes(axis), keepdims=int(keepdims)))

    def max(self, x: OnnxArray, *, axis: Any = None, keepdims: bool = False) -> OnnxArray:
        return OnnxArray(op.reduce_max(x.var, _axes(axis), keepdims=int(keepdims)))

    def min(self, x: OnnxArray, *, axis: Any = None, keepdims: bool = False) -> OnnxArray:
        return OnnxArray(op.reduce_min(x.var, _axes(axis), keepdims=int(keepdims)))

    def all(self, x: OnnxArray, *, axis: Any = None, keepdims: bool = False) -> OnnxArray:
        return self.min(self.astype(x, np.int32), axis=axis, keepdims=keepdims) > 0

    def any(self, x: OnnxArray, *, axis: Any = None, keepdims: bool = False) -> OnnxArray:
        return self.max(self.astype(x, np.int32), axis=axis, keepdims=keepdims) > 0

    def clip(self, x: OnnxArray, min: float, max: float) -> OnnxArray:
        return OnnxArray(op.clip(x.var, as_var(min, x.dtype), as_var(max, x.dtype)))

    def maximum(self, x: OnnxArray, y: Any) -> OnnxArray:
        return OnnxArray(op.max([x.var, as_var(y, x.dtype)]))

    def minimum(self, x: OnnxArray, y: Any) -> OnnxArray:
        return OnnxArray(op.min([x.var, as_var(y, x.dtype)]))

    def pow(self, x: OnnxArray, y: Any) -> OnnxArray:
        return x**y

    def remainder(self, x: OnnxArray, y: Any) -> OnnxArray:
        if np.issubdtype(x.dtype, np.floating):
            return x - self.floor(x / y) * y
        return x % y

    def square(self, x: OnnxArray) -> OnnxArray:
        return x * x

    def logical_and(self, x: OnnxArray, y: OnnxArray) -> OnnxArray:
        return x & y

    def logical_or(self, x: OnnxArray, y: OnnxArray) -> OnnxArray:
        return x | y

    def logical_not(self, x: OnnxArray) -> OnnxArray:
        return ~x

    def abs(self, x: OnnxArray) -> OnnxArray:
        return OnnxArray(op.abs(x.var))

    def ceil(self, x: OnnxArray) -> OnnxArray:
        return OnnxArray(op.ceil(x.var))

    def cos(self, x: OnnxArray) -> OnnxArray:
        return OnnxArray(op.cos(x.var))

    def exp(self, x: OnnxArray) -> OnnxArray:
        return OnnxArray(op.exp(x.var))

    def floor(self, x: OnnxArray) -> OnnxArray:
        return OnnxArray(op.floor(x.var))

    def log(self, x: OnnxArray) -> OnnxArray:
        return OnnxArray(op.log(x.var))

    def sign(self, x: OnnxArray) -> OnnxArray:
        return OnnxArray(op.sign(x.var))

    def sin(self, x: OnnxArray) -> OnnxArray:
        return OnnxArray(op.sin(x.var))

    def sqrt(self, x: OnnxArray) -> OnnxArray:
        return OnnxArray(op.sqrt(x.var))

    def tanh(self, x: OnnxArray) -> OnnxArray:
        return OnnxArray(op.tanh(x.var))

    def sigmoid(self, x: OnnxArray) -> OnnxArray:
        return OnnxArray(op.sigmoid(x.var))

    def softmax(self, x: OnnxArray) -> OnnxArray:
        return OnnxArray(op.softmax(x.var, axis=-1))

    def log_softmax(self, x: OnnxArray) -> OnnxArray:
        return OnnxArray(op.log_softmax(x.var, axis=-1))

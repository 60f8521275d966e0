"""A value of the graph as an array: each operator and each index adds nodes.

A graph holds three types, bool < int64 < float32. Operands are brought to the wider one, as numpy does but for the
width of its floats; a Python number or a numpy array becomes a constant.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from spox import Var

from s2s_onnx.graph.indexing import indexed
from s2s_onnx.graph.opset import op
from s2s_toolkit.errors import UnsupportedError

TYPES = {"b": np.bool_, "i": np.int64, "u": np.int64, "f": np.float32}
"""The graph's type for each kind of numpy type."""
WIDTHS = "bif"


class OnnxArray:
    """A value of the graph, with the operators and indices of an array."""

    __array_ufunc__ = None  # numpy must leave `array + onnx_array` to us
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, var: Var) -> None:
        self.var = var

    @property
    def dtype(self) -> np.dtype:
        """numpy's name of the element type."""
        return np.dtype(self.var.unwrap_tensor().dtype)

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
        return _apply(op.add, self, other, of_bools=op.or_)

    def __radd__(self, other: Any) -> "OnnxArray":
        return _apply(op.add, other, self, of_bools=op.or_)

    def __sub__(self, other: Any) -> "OnnxArray":
        return _apply(op.sub, self, other)

    def __rsub__(self, other: Any) -> "OnnxArray":
        return _apply(op.sub, other, self)

    def __mul__(self, other: Any) -> "OnnxArray":
        return _apply(op.mul, self, other, of_bools=op.and_)

    def __rmul__(self, other: Any) -> "OnnxArray":
        return _apply(op.mul, other, self, of_bools=op.and_)

    def __truediv__(self, other: Any) -> "OnnxArray":
        return _apply(op.div, self, other, least="f")

    def __rtruediv__(self, other: Any) -> "OnnxArray":
        return _apply(op.div, other, self, least="f")

    def __mod__(self, other: Any) -> "OnnxArray":
        return divided(self, other)[1]

    def __rmod__(self, other: Any) -> "OnnxArray":
        return divided(other, self)[1]

    def __floordiv__(self, other: Any) -> "OnnxArray":
        return divided(self, other)[0]

    def __rfloordiv__(self, other: Any) -> "OnnxArray":
        return divided(other, self)[0]

    def __pow__(self, other: Any) -> "OnnxArray":
        return _apply(op.pow, self, other)

    def __rpow__(self, other: Any) -> "OnnxArray":
        return _apply(op.pow, other, self)

    def __neg__(self) -> "OnnxArray":
        return OnnxArray(op.neg(self.var))

    def __abs__(self) -> "OnnxArray":
        return OnnxArray(op.abs(self.var))

    def __matmul__(self, other: Any) -> "OnnxArray":
        return _product(self, wrapped(other))

    def __rmatmul__(self, other: Any) -> "OnnxArray":
        return _product(wrapped(other), self)

    def __lt__(self, other: Any) -> "OnnxArray":
        return _apply(op.less, self, other, least="i")

    def __le__(self, other: Any) -> "OnnxArray":
        return _apply(op.less_or_equal, self, other, least="i")

    def __gt__(self, other: Any) -> "OnnxArray":
        return _apply(op.greater, self, other, least="i")

    def __ge__(self, other: Any) -> "OnnxArray":
        return _apply(op.greater_or_equal, self, other, least="i")

    def __eq__(self, other: Any) -> "OnnxArray":  # type: ignore[override]
        return _apply(op.equal, self, other, of_bools=op.equal)

    def __ne__(self, other: Any) -> "OnnxArray":  # type: ignore[override]
        return ~(self == other)

    def __and__(self, other: Any) -> "OnnxArray":
        return _apply(op.bitwise_and, self, other, of_bools=op.and_)

    def __or__(self, other: Any) -> "OnnxArray":
        return _apply(op.bitwise_or, self, other, of_bools=op.or_)

    def __xor__(self, other: Any) -> "OnnxArray":
        return _apply(op.bitwise_xor, self, other, of_bools=op.xor)

    __rand__, __ror__, __rxor__ = __and__, __or__, __xor__

    def __invert__(self) -> "OnnxArray":
        return OnnxArray(op.not_(self.var) if self.dtype == np.bool_ else op.bitwise_not(self.var))

    def __array__(self, *arguments: Any, **named: Any) -> np.ndarray:
        raise UnsupportedError("numpy can't compute a graph value; use the functions of xp")

    def __bool__(self) -> bool:
        raise UnsupportedError("a graph value is not known while the graph is made; use xp.where in place of `if`")

    def __iter__(self) -> Any:
        raise UnsupportedError("a graph value can't be iterated over; index it, or use a function over an axis")

    def __getitem__(self, index: Any) -> "OnnxArray":
        return OnnxArray(indexed(self.var, self.ndim, index if isinstance(index, tuple) else (index,)))


def wrapped(value: Any) -> OnnxArray:
    """A graph value: a constant of one of the graph's types unless it is one already."""
    return value if isinstance(value, OnnxArray) else OnnxArray(*alike(value))


def alike(*values: Any, least: str = "b") -> tuple[Var, ...]:
    """Graph values of one type, the widest among them, and at least that of the kind `least`."""
    arrays = [value if isinstance(value, OnnxArray) else np.asarray(value) for value in values]
    kinds = [least, *("i" if array.dtype.kind == "u" else array.dtype.kind for array in arrays)]
    if unknown := set(kinds) - set(WIDTHS):
        raise UnsupportedError(f"a graph holds bool, int64 and float32, given an array of kind {unknown.pop()!r}")
    dtype = np.dtype(TYPES[max(kinds, key=WIDTHS.index)])
    return tuple(_cast(array, dtype) for array in arrays)


def divided(x: Any, y: Any) -> tuple[OnnxArray, OnnxArray]:
    """Quotient and remainder as Python has them: the remainder has the sign of the divisor."""
    top, bottom = alike(x, y, least="i")
    if OnnxArray(top).dtype == np.int64:
        remainder = op.mod(top, bottom)
        return OnnxArray(op.div(op.sub(top, remainder), bottom)), OnnxArray(remainder)  # ONNX would round to zero
    truncated = OnnxArray(op.mod(top, bottom, fmod=1))  # has the sign of the dividend
    wrong = (truncated != 0.0) & ((truncated < 0.0) ^ (OnnxArray(bottom) < 0.0))
    remainder = op.where(wrong.var, op.add(truncated.var, bottom), truncated.var)
    return OnnxArray(op.round(op.div(op.sub(top, remainder), bottom))), OnnxArray(remainder)


def _apply(
    operator: Callable[..., Var], x: Any, y: Any, *, least: str = "b", of_bools: Callable[..., Var] | None = None
) -> OnnxArray:
    """Two operands through an operator; `of_bools` takes its place where both are bool."""
    operands = alike(x, y, least=least)
    if OnnxArray(operands[0]).dtype != np.bool_:
        return OnnxArray(operator(*operands))
    if of_bools is None:
        raise UnsupportedError("two bool arrays can't be calculated with; use xp.astype first")
    return OnnxArray(of_bools(*operands))


def _cast(array: "OnnxArray | np.ndarray", dtype: np.dtype) -> Var:
    if isinstance(array, np.ndarray):
        return op.const(array.astype(dtype))
    return array.var if array.dtype == dtype else op.cast(array.var, to=dtype.type)


def _product(x: OnnxArray, y: OnnxArray) -> OnnxArray:
    """A matrix product; onnxruntime multiplies a stack of matrices by a vector ten times slower than by a column."""
    left, right = alike(x, y, least="i")
    if x.ndim < 2 or y.ndim != 1:
        return OnnxArray(op.matmul(left, right))
    column = op.unsqueeze(right, op.const([1]))
    return OnnxArray(op.squeeze(op.matmul(left, column), op.const([-1])))

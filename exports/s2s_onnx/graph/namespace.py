"""ONNX as an array namespace for portable parts (`s2s_toolkit.arrays`): each call adds a node to the graph.

Our own thin layer over spox, and not ndonnx, because the graph must stay what it says: ndonnx 0.23 wraps every product
in an `If` that guards against empty arrays, which keeps onnxruntime from fusing and quantising it.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from spox import Var

from s2s_onnx.graph.array import OnnxArray, alike, divided, wrapped
from s2s_onnx.graph.opset import op
from s2s_toolkit.arrays import FUNCTIONS, Branch
from s2s_toolkit.errors import UnsupportedError

Axes = int | Sequence[int] | None

DTYPES = {"bool": np.bool_, "float32": np.float32, "int64": np.int64}
OF_FLOATS = {
    "cos": op.cos,
    "exp": op.exp,
    "log": op.log,
    "sigmoid": op.sigmoid,
    "sin": op.sin,
    "sqrt": op.sqrt,
    "tanh": op.tanh,
    "softmax": op.softmax,  # over the last axis, as log_softmax
    "log_softmax": op.log_softmax,
}
"""Functions of one array that give floats, whatever they are given."""


class OnnxNamespace:
    """The functions of `s2s_toolkit.arrays.FUNCTIONS` on graph values."""

    def __getattr__(self, name: str) -> Any:
        if name in DTYPES:
            return DTYPES[name]
        if name in OF_FLOATS:
            return lambda x: OnnxArray(OF_FLOATS[name](*alike(x, least="f")))
        raise AttributeError(f"the array namespace has no {name!r}; it has: {', '.join(FUNCTIONS)}")

    def asarray(self, value: Any, dtype: Any = None) -> OnnxArray:
        return wrapped(value) if dtype is None else self.astype(wrapped(value), dtype)

    def arange(self, start: Any, stop: Any = None, step: Any = 1) -> OnnxArray:
        limits = (0, start, step) if stop is None else (start, stop, step)
        if not any(isinstance(limit, OnnxArray) for limit in limits):
            return wrapped(np.arange(*limits))
        return OnnxArray(op.range(*alike(*limits, least="i")))

    def astype(self, x: OnnxArray, dtype: Any) -> OnnxArray:
        return x if x.dtype == dtype else OnnxArray(op.cast(x.var, to=dtype))

    def full_like(self, x: OnnxArray, value: float, *, dtype: Any = None) -> OnnxArray:
        """Where it can, a choice that never falls on x: that keeps the sizes known, as `ConstantOfShape` doesn't."""
        filling = np.asarray(value, dtype or x.dtype)
        if filling.dtype == x.dtype != np.bool_:
            return OnnxArray(op.where(op.const(True), op.const(filling), x.var))
        return OnnxArray(op.constant_of_shape(op.shape(x.var), value=filling.reshape(1)))

    def zeros_like(self, x: OnnxArray, *, dtype: Any = None) -> OnnxArray:
        return self.full_like(x, 0, dtype=dtype)

    def ones_like(self, x: OnnxArray, *, dtype: Any = None) -> OnnxArray:
        return self.full_like(x, 1, dtype=dtype)

    def reshape(self, x: OnnxArray, shape: int | Sequence[int]) -> OnnxArray:
        return OnnxArray(op.reshape(x.var, _sizes(shape), allowzero=int(0 in np.atleast_1d(shape))))

    def broadcast_to(self, x: OnnxArray, shape: int | Sequence[int]) -> OnnxArray:
        return OnnxArray(op.expand(x.var, _sizes(shape)))

    def expand_dims(self, x: OnnxArray, *, axis: int | Sequence[int] = 0) -> OnnxArray:
        return OnnxArray(op.unsqueeze(x.var, op.const(np.atleast_1d(axis))))

    def squeeze(self, x: OnnxArray, axis: int | Sequence[int]) -> OnnxArray:
        return OnnxArray(op.squeeze(x.var, op.const(np.atleast_1d(axis))))

    def concat(self, arrays: Sequence[OnnxArray], *, axis: int | None = 0) -> OnnxArray:
        flat = axis is None
        operands = [self.reshape(array, -1) for array in arrays] if flat else arrays
        return OnnxArray(op.concat(alike(*operands), axis=0 if flat else axis))

    def stack(self, arrays: Sequence[OnnxArray], *, axis: int = 0) -> OnnxArray:
        return self.concat([self.expand_dims(array, axis=axis) for array in arrays], axis=axis)

    def permute_dims(self, x: OnnxArray, axes: Sequence[int]) -> OnnxArray:
        return OnnxArray(op.transpose(x.var, perm=[axis % x.ndim for axis in axes]))

    def matrix_transpose(self, x: OnnxArray) -> OnnxArray:
        return self.permute_dims(x, [*range(x.ndim - 2), -1, -2])

    def where(self, condition: OnnxArray, x: Any, y: Any) -> OnnxArray:
        chosen, operands = self.astype(condition, np.bool_), alike(x, y)
        if OnnxArray(operands[0]).dtype == np.bool_:  # for which onnxruntime has no Where
            return (chosen & OnnxArray(operands[0])) | (~chosen & OnnxArray(operands[1]))
        return OnnxArray(op.where(chosen.var, *operands))

    def take(self, x: OnnxArray, indices: OnnxArray, *, axis: int) -> OnnxArray:
        return OnnxArray(op.gather(x.var, indices.var, axis=axis))

    def take_along_axis(self, x: OnnxArray, indices: OnnxArray, *, axis: int) -> OnnxArray:
        """The sizes of the other axes must be equal, as they must in PyTorch's `gather`."""
        return OnnxArray(op.gather_elements(x.var, indices.var, axis=axis))

    def put_along_axis(self, x: OnnxArray, indices: OnnxArray, values: Any, *, axis: int = -1) -> OnnxArray:
        updates = self.astype(wrapped(values), x.dtype).var
        return OnnxArray(op.scatter_elements(x.var, indices.var, op.expand(updates, op.shape(indices.var)), axis=axis))

    def cond(self, condition: Any, then: Branch, otherwise: Branch) -> tuple[OnnxArray, ...]:
        """An `If`; what each branch alone needs lies in the branch."""
        chosen = self.astype(wrapped(condition), np.bool_)
        found = op.if_(chosen.var, then_branch=lambda: _vars(then()), else_branch=lambda: _vars(otherwise()))
        return tuple(map(OnnxArray, found))

    def top_k(self, x: OnnxArray, k: int) -> tuple[OnnxArray, OnnxArray]:
        values, positions = op.top_k(x.var, op.const([k]))
        return OnnxArray(values), OnnxArray(positions)

    def argmax(self, x: OnnxArray, *, axis: int | None = None, keepdims: bool = False) -> OnnxArray:
        if axis is None:
            first = self.argmax(self.reshape(x, -1), axis=0)
            return self.reshape(first, (1,) * x.ndim) if keepdims else first
        return OnnxArray(op.arg_max(*alike(x, least="i"), axis=axis, keepdims=int(keepdims)))

    def cumulative_sum(self, x: OnnxArray, *, axis: int | None = None) -> OnnxArray:
        if axis is None and x.ndim != 1:
            raise UnsupportedError(f"cumulative_sum of an array of {x.ndim} axes needs an axis")
        return OnnxArray(op.cumsum(*alike(x, least="i"), op.const(axis or 0)))

    def sum(self, x: OnnxArray, *, axis: Axes = None, keepdims: bool = False) -> OnnxArray:
        return _reduced(op.reduce_sum, *alike(x, least="i"), axis=axis, keepdims=keepdims)

    def mean(self, x: OnnxArray, *, axis: Axes = None, keepdims: bool = False) -> OnnxArray:
        return _reduced(op.reduce_mean, *alike(x, least="f"), axis=axis, keepdims=keepdims)

    def max(self, x: OnnxArray, *, axis: Axes = None, keepdims: bool = False) -> OnnxArray:
        return self.astype(_reduced(op.reduce_max, *alike(x, least="i"), axis=axis, keepdims=keepdims), x.dtype)

    def min(self, x: OnnxArray, *, axis: Axes = None, keepdims: bool = False) -> OnnxArray:
        return self.astype(_reduced(op.reduce_min, *alike(x, least="i"), axis=axis, keepdims=keepdims), x.dtype)

    def all(self, x: OnnxArray, *, axis: Axes = None, keepdims: bool = False) -> OnnxArray:
        return _reduced(op.reduce_min, self.astype(x, np.bool_).var, axis=axis, keepdims=keepdims)

    def any(self, x: OnnxArray, *, axis: Axes = None, keepdims: bool = False) -> OnnxArray:
        return _reduced(op.reduce_max, self.astype(x, np.bool_).var, axis=axis, keepdims=keepdims)

    def matmul(self, x: OnnxArray, y: OnnxArray) -> OnnxArray:
        return wrapped(x) @ y

    def clip(self, x: OnnxArray, min: Any = None, max: Any = None) -> OnnxArray:  # noqa: A002
        x = x if min is None else self.maximum(x, min)
        return x if max is None else self.minimum(x, max)

    def maximum(self, x: Any, y: Any) -> OnnxArray:
        return OnnxArray(op.max(alike(x, y, least="i")))

    def minimum(self, x: Any, y: Any) -> OnnxArray:
        return OnnxArray(op.min(alike(x, y, least="i")))

    def pow(self, x: Any, y: Any) -> OnnxArray:
        return wrapped(x) ** y

    def remainder(self, x: Any, y: Any) -> OnnxArray:
        return divided(x, y)[1]

    def square(self, x: OnnxArray) -> OnnxArray:
        return x * x

    def logical_and(self, x: Any, y: Any) -> OnnxArray:
        return self.asarray(x, np.bool_) & self.asarray(y, np.bool_)

    def logical_or(self, x: Any, y: Any) -> OnnxArray:
        return self.asarray(x, np.bool_) | self.asarray(y, np.bool_)

    def logical_not(self, x: OnnxArray) -> OnnxArray:
        return ~self.astype(x, np.bool_)

    def abs(self, x: OnnxArray) -> OnnxArray:
        return OnnxArray(op.abs(x.var))

    def sign(self, x: OnnxArray) -> OnnxArray:
        return OnnxArray(op.sign(x.var))

    def ceil(self, x: OnnxArray) -> OnnxArray:
        return OnnxArray(op.ceil(x.var)) if x.dtype == np.float32 else x

    def floor(self, x: OnnxArray) -> OnnxArray:
        return OnnxArray(op.floor(x.var)) if x.dtype == np.float32 else x


def _vars(arrays: Sequence[OnnxArray]) -> list[Var]:
    return [array.var for array in arrays]


def _reduced(operator: Any, var: Var, *, axis: Axes, keepdims: bool) -> OnnxArray:
    """A reduction over some axes or, without any named, over all."""
    axes = None if axis is None else op.const(np.atleast_1d(axis))
    return OnnxArray(operator(var, axes, keepdims=int(keepdims)))


def _sizes(shape: int | Sequence[int]) -> Var:
    sizes = np.atleast_1d(np.asarray(shape, object))
    if None in sizes:
        raise UnsupportedError(
            f"a shape can't hold the open size None, given {shape}; -1 stands for one size, and what is added to "
            "`xp.zeros_like(x)` takes the shape of x"
        )
    return op.const(sizes.astype(np.int64))

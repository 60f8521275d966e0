"""The array namespace that portable parts are written against, and numpy's version of it.

A portable part gets `xp`, which has the functions named in `FUNCTIONS`. They are those of the Python Array API
standard (2024.12), but that `take` accepts indices of any rank, and six that it lacks: `sigmoid`, `softmax`,
`log_softmax` (over the last axis), `top_k` (the k largest of the last axis, largest first, of equal ones the first
first), `put_along_axis` (a copy with other values at some places) and `cond` (one of two computations, the other of
which costs nothing). Arrays have the usual operators and slices; `None` and the ellipsis may stand in an index.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

Array = Any
"""An array of whichever namespace is at work."""
Namespace = Any
"""What a portable part calls `xp`."""
Branch = Callable[[], tuple[Array, ...]]
"""One of the two computations that `cond` chooses from; both give arrays of the same types and shapes."""

FUNCTIONS = (
    "abs all any arange argmax asarray astype broadcast_to ceil clip concat cos cumulative_sum exp expand_dims floor "
    "full_like log logical_and logical_not logical_or matmul matrix_transpose max maximum mean min minimum ones_like "
    "permute_dims pow remainder reshape sign sin sqrt square squeeze stack sum take take_along_axis tanh where "
    "zeros_like "
    "bool float32 int64 "
    "cond log_softmax put_along_axis sigmoid softmax top_k"
).split()
"""Every name that a namespace offers, dtypes and our six included."""

SMALL_K = 16


class NumpyNamespace:
    """numpy as an array namespace: the reference that the other three are held to."""

    def __getattr__(self, name: str) -> Any:
        if name not in FUNCTIONS:
            raise AttributeError(f"the array namespace has no {name!r}; it has: {', '.join(FUNCTIONS)}")
        return getattr(np, name)

    @staticmethod
    def cond(condition: Any, then: Branch, otherwise: Branch) -> tuple[np.ndarray, ...]:
        """What `then` gives if the condition, a scalar, is true, else what `otherwise` gives."""
        return then() if condition else otherwise()

    @staticmethod
    def put_along_axis(x: np.ndarray, indices: np.ndarray, values: Any, *, axis: int = -1) -> np.ndarray:
        """A copy of x with a value, or one for each index, where `take_along_axis` would take from."""
        changed = x.copy()
        np.put_along_axis(changed, indices, values, axis=axis)
        return changed

    @staticmethod
    def sigmoid(x: np.ndarray) -> np.ndarray:
        # tanh saturates where exp would overflow
        return np.tanh(x * np.float32(0.5)) * np.float32(0.5) + np.float32(0.5)

    @staticmethod
    def softmax(x: np.ndarray) -> np.ndarray:
        exponentials = np.exp(x - x.max(axis=-1, keepdims=True))
        return exponentials / exponentials.sum(axis=-1, keepdims=True)

    @staticmethod
    def log_softmax(x: np.ndarray) -> np.ndarray:
        shifted = x - x.max(axis=-1, keepdims=True)
        return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))

    @staticmethod
    def top_k(x: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        """The k largest of the last axis and where they stand."""
        if k > SMALL_K:
            positions = np.argsort(-x, axis=-1, kind="stable")[..., :k]
            return np.take_along_axis(x, positions, axis=-1), positions
        rest, found = x.copy(), []  # k passes beat sorting a whole vocabulary
        for _ in range(k):
            found.append(rest.argmax(axis=-1)[..., None])
            np.put_along_axis(rest, found[-1], -np.inf, axis=-1)
        positions = np.concatenate(found, axis=-1)
        return np.take_along_axis(x, positions, axis=-1), positions

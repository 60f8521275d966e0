"""A batch without sources gives no results, though onnxruntime fails on one, with subwords by a crash.

A blank takes the place of what is not there, and what is decoded of it is left out of the results.
"""

import numpy as np
from spox import Var

from s2s_onnx.graph.opset import op

BLANK = {np.dtype(np.str_): np.array("", np.str_), np.dtype(np.int64): np.array(0, np.int64)}
"""What a source without symbols is made of, by the type of a graph's input."""


def with_blank(value: Var) -> Var:
    """A graph's input (B, …) as it is or, if B is 0, one blank (1, …)."""
    lacking = op.sub(op.const([1]), op.min([op.shape(value, end=1), op.const([1])]))  # (1,): 1 or 0
    shape = op.concat([lacking, op.shape(value, start=1)], axis=0)
    blank = op.const(BLANK[np.dtype(value.unwrap_tensor().dtype)])
    return op.concat([value, op.expand(blank, shape)], axis=0)


def without_blank(value: Var, given: Var) -> Var:
    """A result (B, …) as it is or, of a blank, nothing (0, …); `given` is the input (B, …)."""
    return op.slice(value, op.const([0]), op.shape(given, end=1))

"""The operator sets that an exported file uses."""

from typing import Any

import spox.opset.ai.onnx.v21
from onnx import helper

op: Any = spox.opset.ai.onnx.v21
"""Constructors of operators. `Any`, because spox does not declare that it re-exports those of older operator sets."""
OPSET = 21
IR_VERSION = 10
OPSETS = [
    helper.make_opsetid("", OPSET),
    helper.make_opsetid("ai.onnx.ml", 4),
    helper.make_opsetid("com.microsoft", 1),
]

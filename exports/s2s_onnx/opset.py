"""The operator sets that an exported file uses."""

from onnx import helper

OPSET = 21
IR_VERSION = 10
OPSETS = [
    helper.make_opsetid("", OPSET),
    helper.make_opsetid("ai.onnx.ml", 4),
    helper.make_opsetid("com.microsoft", 1),
]

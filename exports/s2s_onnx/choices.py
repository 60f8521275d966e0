"""What an export may choose between; importing this imports nothing else."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Precision = Literal["fp32", "fp16", "int8"]
"""How the weights are stored."""
Input = Literal["text", "ids"]
"""What a file takes, and what it gives."""
Form = Literal["single", "steps"]
"""One file, or the two parts for an app that decodes by itself."""
Settings = Literal["optional", "required"]
"""Whether a caller may leave out the inputs beside the source."""

OPSET = 21
"""The operator set that graphs are made in."""
LOWEST_OPSET, HIGHEST_OPSET = 20, 26
"""What they can be declared as. Text needs 20, for `StringConcat`; onnxruntime 1.31 opens no more than 26."""


@dataclass(frozen=True)
class Choices:
    """What was chosen; `s2s_onnx.exporter.OnnxExporter` says what each means."""

    precision: Precision = "fp32"
    input: Input = "text"
    outputs: str = "all"
    settings: Settings = "optional"
    opset: int = OPSET
    external_data: bool = False


@dataclass(frozen=True)
class Gate:
    """A file is written only if it is good enough.

    Attributes:
        max_drop: By how much the metric may get worse, in its own unit.
        metric: Its name; "" for the one that chose the best checkpoint.
        dev: Pairs to measure it on; None for the run's dev pairs.
    """

    max_drop: float
    metric: str = ""
    dev: Path | None = None

"""A framework whose exporter takes the process down."""

import os
import sys
from typing import Any, NoReturn


class CrashingFramework:
    def part_exporter(self, part: Any) -> NoReturn:
        sys.stderr.write("first\nsegmentation fault\n")
        sys.stderr.flush()
        os._exit(70)


class Part:
    def __init__(self, input_size: int) -> None:
        pass

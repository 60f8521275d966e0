"""What somebody waits for before anything happens."""

import sys
import sysconfig
from pathlib import Path

from benchmarks.speed.bench import Bench
from benchmarks.speed.models import exported, trained_run
from benchmarks.speed.row import Mark, Row, Side
from benchmarks.speed.shape import Shape

S2S = str(Path(sysconfig.get_path("scripts")) / "s2s")
NAME = "s2s"
MOST_MEMORY = 120
"""MB that translating may take beside the model."""


def rows(bench: Bench) -> list[Row]:
    """The command line's help, the first line of a translation, and the import that an application makes."""
    model, times = exported(bench, trained_run(bench, Shape().scaled(bench))), bench.size(5, 3, 1)
    memory = MOST_MEMORY + model.stat().st_size / 2**20
    help_row = command_row("start-help", "`s2s --help`", {"command": [S2S, "--help"], "times": times}, seconds=0.2)
    translate = {"command": [S2S, "translate", str(model)], "line": "ein mann schläft .", "times": times}
    imported = {"command": [sys.executable, "-c", "from s2s_onnx import Translator"], "times": times}
    return [
        help_row,
        command_row(
            "start-translate", "`s2s translate MODEL` to its first line", translate, seconds=0.6, memory=memory
        ),
        command_row(
            "start-import",
            "`python -c 'from s2s_onnx import Translator'`, Python's own start included",
            imported,
            seconds=0.15,
        ),
    ]


def command_row(name: str, work: str, options: dict[str, object], *, seconds: float, memory: float = 0.0) -> Row:
    """A row with a command, its marks in seconds and in MB."""
    marks = [Mark(NAME, seconds, quantity="seconds")]
    if memory:
        marks.append(Mark(NAME, round(memory), quantity="memory"))
    side = Side(NAME, "benchmarks.speed.sides.command", options)
    return Row(name, f"{work}, the middle of {options['times']} times", "commands", [side], marks=marks, threads=1)

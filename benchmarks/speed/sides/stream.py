"""`s2s translate` on a pipe: is its memory flat, are its answers in order, and does the first one come early?"""

import subprocess
import sysconfig
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from benchmarks.speed.measured import Measured, Stopwatch, peak_memory
from benchmarks.speed.sides.command import usage

EARLY, LATE = "MB after the first lines", "MB at the end"
WRONG, ANSWERS, DIFFERENT, IS_EARLY = (
    "answers in the wrong place",
    "answers",
    "different answers",
    "an answer before the input's end",
)
PATIENCE = 60.0
"""Seconds to wait for the first answer before more is written."""


def measure(options: Mapping[str, Any]) -> Iterator[Measured]:
    """Write lines that go round and round, and compare each answer with what its line gives in another run."""
    count, early = options["lines"], options["early"]
    command = [str(Path(sysconfig.get_path("scripts")) / "s2s"), "translate", options["model"]]
    lines = [f"{number} {number * 7 % 11} {number % 5}\n" for number in range(options["distinct"])]
    alone = subprocess.run(command, input="".join(lines), capture_output=True, text=True, check=True)
    expected = alone.stdout.splitlines(keepends=True)
    facts: dict[str, Any] = {DIFFERENT: len(set(expected)), WRONG: 0, ANSWERS: 0}
    watch, first = Stopwatch(), threading.Event()
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        if not process.stdin or not process.stdout:
            raise RuntimeError("no pipes")
        threading.Thread(target=feed, args=(process.stdin, lines, count, early, first, facts)).start()
        for number, answer in enumerate(process.stdout):
            first.set()
            if number in (early - 1, count - 1):
                facts[EARLY if number == early - 1 else LATE] = peak_memory(str(process.pid))
            facts[ANSWERS] += 1
            facts[WRONG] += answer != expected[number % len(lines)]
        processor, memory = usage(process)
    seconds, _ = watch.stop()
    yield Measured(count, seconds, processor, memory, facts=facts)


def feed(
    stream: IO[str], lines: list[str], count: int, early: int, first: threading.Event, facts: dict[str, Any]
) -> None:
    """Write so many lines, the first of them, then the others when an answer has come."""
    with stream:
        for number in range(count):
            if number == early:
                stream.flush()
                facts[IS_EARLY] = first.wait(PATIENCE)
            stream.write(lines[number % len(lines)])

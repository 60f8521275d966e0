"""A command from its start to its first line of output, or to its end."""

import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from typing import Any

from benchmarks.speed.measured import Measured, Stopwatch, peak_memory

Found = tuple[float, float, float]
"""Seconds on the wall, those of the processor, MB."""


def measure(options: Mapping[str, Any]) -> Iterator[Measured]:
    """Run the command some times after a first one, which brings its files into memory; the middle of each figure.

    With `line`, it is given that line and kept waiting for more; its first line of output is what is timed.
    """
    command, line = options["command"], options.get("line")
    found = [to_end(command) if line is None else to_answer(command, line) for _ in range(options["times"] + 1)][1:]
    wall, processor, memory = (median(column) for column in zip(*found, strict=True))
    yield Measured(1, wall, processor, memory)


def to_answer(command: Sequence[str], line: str) -> Found:
    """Until the command has answered a line while its input is still open."""
    watch = Stopwatch()
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as process:
        stdin, stdout = process.stdin, process.stdout
        if not stdin or not stdout:
            raise RuntimeError("no pipes")
        stdin.write(f"{line}\n")
        stdout.readline()
        wall, _ = watch.stop()
        memory = peak_memory(str(process.pid))
        stdin.close()
        processor, _ = usage(process)
    return wall, processor, memory


def to_end(command: Sequence[str]) -> Found:
    """Until the command ends."""
    watch = Stopwatch()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    processor, memory = usage(process)
    wall, _ = watch.stop()
    return wall, processor, memory


def usage(process: "subprocess.Popen[Any]") -> tuple[float, float]:
    """Wait for the end of a process: what it had of the processor, and of memory."""
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, process.args)
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024

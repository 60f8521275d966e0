"""What a side tells of its work; the standard library alone, since peers' environments have nothing of ours."""

import json
import os
import resource
import sys
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

KEY = "speed"
"""The only key of the line that a side prints, among whatever else it prints."""


@dataclass(frozen=True)
class Measured:
    """One piece of work, done and timed.

    Attributes:
        amount: How much of it, in the row's unit.
        seconds: Of the clock on the wall.
        processor_seconds: Of all threads.
        memory: The most that the process held so far, in MB.
        case: Which of several cases of a row; "" where there is one.
        facts: What shows that it was done: sizes, counts, lengths; and what else is to be told of it.
    """

    amount: float
    seconds: float
    processor_seconds: float
    memory: float
    case: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """Of the unit in a second."""
        return self.amount / self.seconds

    @property
    def processor_rate(self) -> float:
        """Of the unit in a second of the processor, which other programs on the machine hardly change."""
        return self.amount / self.processor_seconds


WARM = 5
"""Texts that are translated before times are taken one by one."""

STARTED = "S2S_BENCH_STARTED"
"""The variable that says when a side's process was started, in seconds since 1970."""


def num_threads() -> int:
    """How many threads this side may use."""
    return int(os.environ.get("OMP_NUM_THREADS", "1"))


def since_start() -> float:
    """Seconds since this process was started, its interpreter's start included."""
    return time.time() - float(os.environ[STARTED])


class Stopwatch:
    """Both clocks."""

    def __init__(self) -> None:
        self.start()

    def start(self) -> None:
        """Begin, or begin anew."""
        self._wall, self._processor = time.perf_counter(), time.process_time()

    def stop(self) -> tuple[float, float]:
        """Seconds on the wall and of the processor since."""
        return time.perf_counter() - self._wall, time.process_time() - self._processor


def peak_memory(process: str = "self") -> float:
    """The most that a process held in memory, MB."""
    status = Path(f"/proc/{process}/status")
    if status.exists():  # what `resource` says there includes the program that started this one
        (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def write(measured: Measured) -> None:
    """Print it for the program that started this one."""
    sys.stdout.write(f"\n{json.dumps({KEY: asdict(measured)})}\n")
    sys.stdout.flush()


def read(output: str) -> list[Measured]:
    """All that a side printed of it."""
    lines = (line for line in output.splitlines() if line.startswith(f'{{"{KEY}": '))
    return [Measured(**json.loads(line)[KEY]) for line in lines]


Translate = Callable[[list[str]], list[str]]


def whole_file(translate: Translate, texts: list[str]) -> Iterator[Measured]:
    """All texts in one call: without what came before it, and with it."""
    watch = Stopwatch()
    found = translate(texts)
    wall, processor = watch.stop()
    facts = decoded(found)
    yield Measured(len(texts), wall, processor, peak_memory(), "start-up excluded", facts)
    yield Measured(len(texts), since_start(), time.process_time(), peak_memory(), "start-up included", facts)


def one_by_one(translate: Translate, texts: list[str]) -> Iterator[Measured]:
    """Each text in a call of its own, after some to warm up: the time of the middle one, and the 99th percentile."""
    for text in texts[:WARM]:
        translate([text])
    found, times = [], []
    for text in texts:
        watch = Stopwatch()
        found += translate([text])
        times.append(watch.stop())
    for percent in (50, 99):
        wall, processor = (
            sorted(column)[round((len(texts) - 1) * percent / 100)] for column in zip(*times, strict=True)
        )
        case = "median" if percent == 50 else "99th percentile"
        yield Measured(1, wall, processor, peak_memory(), case, decoded(found))


def decoded(found: list[str]) -> dict[str, Any]:
    """What shows that translations were made: how many, how long, and what tells two of them apart."""
    lengths = [len(text.split()) for text in found]
    digests = [zlib.crc32(text.encode()) for text in found]
    return {"sentences": len(found), "decoded words": sum(lengths), "lengths": lengths, "texts": digests}

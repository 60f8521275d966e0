"""Take turns: peer, ours, peer, ours, each time in a new process."""

import importlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from benchmarks.speed.environments import python_of
from benchmarks.speed.measured import STARTED, Measured, read
from benchmarks.speed.row import Row, Side

ROOT = Path(__file__).parents[2]
PEAK = Side("peak", "benchmarks.speed.sides.peak", {})
THREADS = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
)
"""What tells libraries how many threads to use; they have no more cores, however many they start."""

Run = Callable[[Side, int], list[Measured]]
"""Lets a side do its work with so many threads."""


@dataclass(frozen=True)
class Outcome:
    """All that was measured of a row.

    Attributes:
        row: Which.
        rounds: What every side did each time, a measurement for each case.
        peaks: Floating-point operations a second of the machine's matrix product, before each round.
    """

    row: Row
    rounds: Sequence[dict[str, list[Measured]]]
    peaks: Sequence[float]


def alternate(row: Row, *, pairs: int, run: Run, peak: Side = PEAK) -> Outcome:
    """Let the sides do a row's work in turn, so often; ClickException if they did not do the same."""
    rounds, peaks = [], []
    for number in range(pairs):
        click.echo(f"{row.name}: round {number + 1} of {pairs}", err=True)
        (product,) = run(peak, row.threads)
        done = {side.name: run(side, row.threads) for side in row.sides}
        check(row, done)
        peaks.append(product.rate)
        rounds.append(done)
    return Outcome(row, rounds, peaks)


def check(row: Row, done: dict[str, list[Measured]]) -> None:
    """ClickException unless all sides did the same work, case by case."""
    for measurements in zip(*done.values(), strict=True):
        if len({measured.case for measured in measurements}) > 1:
            raise click.ClickException(f"{row.name}: the sides went through other cases")
        if differences := row.differences(dict(zip(done, measurements, strict=True))):
            raise click.ClickException(f"{row.name}: not the same work; {'; '.join(differences)}")


def in_process(cache: Path) -> Run:
    """Run each side in a process of its own, with as many cores as threads."""

    def run(side: Side, threads: int) -> list[Measured]:
        python = python_of(side.peer, cache) if side.peer else Path(sys.executable)
        command = [str(python), "-m", "benchmarks.speed.side", side.module, json.dumps(side.options)]
        environment = {**os.environ, **dict.fromkeys(THREADS, str(threads))}
        with cores(threads):
            environment[STARTED] = str(time.time())
            done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
        measured = read(done.stdout)
        if done.returncode or not measured:
            last = "\n".join((done.stderr or done.stdout).splitlines()[-20:])
            raise click.ClickException(f"{side.name} failed with {side.module} {json.dumps(side.options)}:\n{last}")
        return measured

    return run


def here(side: Side, threads: int) -> list[Measured]:
    """Run a side in this process, as the smoke test does: quick, and no measure of anything."""
    os.environ[STARTED] = str(time.time())
    return list(importlib.import_module(side.module).measure(side.options))


@contextmanager
def cores(count: int) -> Iterator[None]:
    """Keep what is started to so many cores, where the system can, and say so where there are fewer."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    all_cores = os.sched_getaffinity(0)
    if len(all_cores) < count:
        click.echo(f"only {len(all_cores)} of {count} cores are at hand", err=True)
    os.sched_setaffinity(0, sorted(all_cores)[:count])
    try:
        yield
    finally:
        os.sched_setaffinity(0, all_cores)

"""Pairs prepared for training in a cache; `benchmarks/corpus.py` tells more."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.corpus import measured, write
from benchmarks.speed.measured import Measured, Stopwatch


def measure(options: Mapping[str, Any]) -> Iterator[Measured]:
    """Each number of pairs; its memory is without what is mapped from files."""
    for count in options["counts"]:
        with TemporaryDirectory() as place:
            write(Path(place) / "train.tsv", count)
            watch = Stopwatch()
            found = measured(Path(place), "cache, new")
            wall, _ = watch.stop()
        memory = max(found["memory"], found["memory_batches"])
        yield Measured(
            count, wall, found["seconds"], memory, f"{count:,} pairs", facts={"seconds a batch": found["batch"]}
        )

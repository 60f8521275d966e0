"""Translating one sentence at a time."""

from benchmarks.speed.bench import Bench
from benchmarks.speed.decoding import decoding_row
from benchmarks.speed.row import Row


def rows(bench: Bench) -> list[Row]:
    """One row for one thread, and one for two."""
    count, how = bench.size(200, 20, 3), "each by itself"
    return [
        decoding_row(f"decode-one-{threads}", bench, count=count, batch_size=1, threads=threads, marks=(5, 8), how=how)
        for threads in (1, 2)
    ]

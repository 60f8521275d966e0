"""Translating a file."""

from benchmarks.speed.bench import Bench
from benchmarks.speed.decoding import decoding_row
from benchmarks.speed.row import Row


def rows(bench: Bench) -> list[Row]:
    """One row, start-up excluded and included."""
    how = "in batches of 32, ours sorted by length"
    count = bench.size(1000, 64, 6)
    return [decoding_row("decode-file", bench, count=count, batch_size=32, threads=2, marks=(4, 8), how=how)]

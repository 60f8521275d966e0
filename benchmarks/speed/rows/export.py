"""Exporting a model, verified against either framework; the files are the same."""

from benchmarks.speed.bench import Bench
from benchmarks.speed.models import random_run
from benchmarks.speed.row import Mark, Row, Side, unequal
from benchmarks.speed.shape import Shape
from benchmarks.speed.training import FRAMEWORKS

MOST_SECONDS = 15


def rows(bench: Bench) -> list[Row]:
    """One row: a model of ten million weights."""
    symbols = bench.size(10_500, 10_500, 11)
    shape = Shape().scaled(bench)
    run = random_run(bench.cache / "runs" / f"random-{symbols}", {"model": shape.config()}, num_symbols=symbols)
    row = Row(
        name="export",
        work=f"random weights, {symbols:,} words a side the sizes of train-words, beam 5; from Python's start",
        unit="exports",
        ours=[
            Side(name, "benchmarks.speed.sides.export", {"run": str(run), "framework": framework})
            for framework, name in FRAMEWORKS.items()
        ],
        marks=[Mark(name, MOST_SECONDS, quantity="seconds") for name in FRAMEWORKS.values()],
        told=["framework start"],
        differences=lambda done: unequal(done, "graph and weights"),
    )
    return [row]

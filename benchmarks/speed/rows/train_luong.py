"""Training with a Luong decoder without input feeding: attention over all steps can be one product."""

from benchmarks.speed.bench import Bench
from benchmarks.speed.data import WORDS
from benchmarks.speed.row import Mark, Row
from benchmarks.speed.shape import Shape
from benchmarks.speed.training import FRAMEWORKS, JOEYNMT, Training, same_training


def rows(bench: Bench) -> list[Row]:
    """One row."""
    work = Training(
        WORDS,
        Shape(scorer="general", input_feeding=False, **bench.sizes),
        batch_size=bench.size(64, 64, 4),
        steps=bench.size(30, 8, 2),
    )
    given, counts = work.prepared(bench)
    row = Row(
        name="train-luong",
        work=work.sentence(counts),
        unit="target tokens",
        ours=work.ours(given),
        peers=[work.joeynmt(given)],
        marks=[Mark(name, 4, JOEYNMT) for name in FRAMEWORKS.values()],
        flops=work.flops(counts),
        differences=same_training,
    )
    return [row]

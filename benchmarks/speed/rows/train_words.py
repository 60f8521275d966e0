"""Training on words: Multi30k, German to English."""

from benchmarks.speed.bench import Bench
from benchmarks.speed.data import WORDS
from benchmarks.speed.row import Mark, Row
from benchmarks.speed.shape import Shape
from benchmarks.speed.training import FRAMEWORKS, JOEYNMT, Training, same_training


def rows(bench: Bench) -> list[Row]:
    """One row."""
    work = Training(WORDS, Shape(**bench.sizes), batch_size=bench.size(64, 64, 4), steps=bench.size(30, 8, 2))
    given, counts = work.prepared(bench)
    row = Row(
        name="train-words",
        work=work.sentence(counts),
        unit="target tokens",
        ours=work.ours(given),
        peers=[work.joeynmt(given)],
        marks=[Mark(name, 2.5, JOEYNMT) for name in FRAMEWORKS.values()],
        flops=work.flops(counts),
        differences=same_training,
    )
    return [row]

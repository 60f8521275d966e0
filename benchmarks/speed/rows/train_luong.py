"""Training with a Luong decoder without input feeding: attention over all steps can be one product."""

from benchmarks.speed.bench import Bench
from benchmarks.speed.data import WORDS
from benchmarks.speed.row import Row
from benchmarks.speed.shape import Shape
from benchmarks.speed.training import FRAMEWORKS, Training


def rows(bench: Bench) -> list[Row]:
    """One row."""
    shape = Shape(scorer="general", input_feeding=False).scaled(bench)
    work = Training(WORDS, shape, batch_size=bench.size(64, 64, 4), steps=bench.size(30, 8, 2))
    given, counts = work.prepared(bench)
    least = dict.fromkeys(FRAMEWORKS.values(), 4.0)
    return [work.row("train-luong", counts, ours=work.ours(given), peers=[work.joeynmt(given)], least=least)]

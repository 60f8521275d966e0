"""Training on words: Multi30k, German to English."""

from benchmarks.speed.bench import Bench
from benchmarks.speed.data import WORDS
from benchmarks.speed.row import Row
from benchmarks.speed.shape import Shape
from benchmarks.speed.training import FRAMEWORKS, Training


def rows(bench: Bench) -> list[Row]:
    """One row."""
    work = Training(WORDS, Shape().scaled(bench), batch_size=bench.size(64, 64, 4), steps=bench.size(30, 8, 2))
    given, counts = work.prepared(bench)
    least = dict.fromkeys(FRAMEWORKS.values(), 2.5)
    return [work.row("train-words", counts, ours=work.ours(given), peers=[work.joeynmt(given)], least=least)]

"""TensorFlow beside PyTorch: the config of train-words in both."""

from benchmarks.speed.bench import Bench
from benchmarks.speed.data import WORDS
from benchmarks.speed.row import Row
from benchmarks.speed.shape import Shape
from benchmarks.speed.training import FRAMEWORKS, Training


def rows(bench: Bench) -> list[Row]:
    """One row; that exported files are the same is seen in the row `export`."""
    work = Training(WORDS, Shape().scaled(bench), batch_size=bench.size(64, 64, 4), steps=bench.size(30, 8, 2))
    given, counts = work.prepared(bench)
    ours, peers = work.ours(given, ["tensorflow"]), work.ours(given, ["torch"])
    return [work.row("tensorflow", counts, ours=ours, peers=peers, least={FRAMEWORKS["tensorflow"]: 0.8})]

"""TensorFlow beside PyTorch: the config of train-words in both."""

from benchmarks.speed.bench import Bench
from benchmarks.speed.data import WORDS
from benchmarks.speed.row import Mark, Row
from benchmarks.speed.shape import Shape
from benchmarks.speed.training import FRAMEWORKS, Training, same_training

TORCH, TENSORFLOW = FRAMEWORKS["torch"], FRAMEWORKS["tensorflow"]


def rows(bench: Bench) -> list[Row]:
    """One row; that exported files are the same is seen in the row `export`."""
    work = Training(WORDS, Shape(**bench.sizes), batch_size=bench.size(64, 64, 4), steps=bench.size(30, 8, 2))
    given, counts = work.prepared(bench)
    row = Row(
        name="tensorflow",
        work=work.sentence(counts),
        unit="target tokens",
        ours=work.ours(given, ["tensorflow"]),
        peers=work.ours(given, ["torch"]),
        marks=[Mark(TENSORFLOW, 0.8, TORCH)],
        flops=work.flops(counts),
        differences=same_training,
    )
    return [row]

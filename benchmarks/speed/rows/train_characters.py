"""Training on characters: CMUdict, spelling to phonemes, beside each peer with the peer's own order of things."""

from dataclasses import replace

from benchmarks.speed.bench import Bench
from benchmarks.speed.data import CHARACTERS
from benchmarks.speed.row import Row
from benchmarks.speed.shape import Shape
from benchmarks.speed.training import FRAMEWORKS, Training


def rows(bench: Bench) -> list[Row]:
    """One row for each peer."""
    shape, name = Shape(embedding=128).scaled(bench), "train-characters"
    work = Training(CHARACTERS, shape, batch_size=bench.size(128, 128, 4), steps=bench.size(50, 8, 2))
    other = replace(work, shape=replace(shape, decoder="bahdanau"))
    given, counts = work.prepared(bench)
    least, lower = (dict.fromkeys(FRAMEWORKS.values(), bound) for bound in (2.5, 2.0))
    return [
        work.row(name, counts, ours=work.ours(given), peers=[work.joeynmt(given)], least=least),
        other.row(f"{name}-yoyodyne", counts, ours=other.ours(given), peers=[other.yoyodyne(given)], least=lower),
    ]

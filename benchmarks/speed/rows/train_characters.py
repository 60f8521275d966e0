"""Training on characters: CMUdict, spelling to phonemes, beside each peer with the peer's own order of things."""

from dataclasses import replace

from benchmarks.speed.bench import Bench
from benchmarks.speed.data import CHARACTERS
from benchmarks.speed.row import Mark, Row
from benchmarks.speed.shape import Shape
from benchmarks.speed.training import FRAMEWORKS, JOEYNMT, YOYODYNE, Training, same_training


def rows(bench: Bench) -> list[Row]:
    """One row for each peer."""
    batch_size, steps = bench.size(128, 128, 4), bench.size(50, 8, 2)
    work = Training(CHARACTERS, Shape(**{"embedding": 128, **bench.sizes}), batch_size=batch_size, steps=steps)
    beside_yoyodyne = replace(work, shape=replace(work.shape, decoder="bahdanau"))
    given, counts = work.prepared(bench)
    row = Row(
        name="train-characters",
        work=work.sentence(counts),
        unit="target tokens",
        ours=work.ours(given),
        peers=[work.joeynmt(given)],
        marks=[Mark(name, 2.5, JOEYNMT) for name in FRAMEWORKS.values()],
        flops=work.flops(counts),
        differences=same_training,
    )
    other = replace(
        row,
        name="train-characters-yoyodyne",
        work=beside_yoyodyne.sentence(counts),
        ours=beside_yoyodyne.ours(given),
        peers=[beside_yoyodyne.yoyodyne(given)],
        marks=[Mark(name, 2, YOYODYNE) for name in FRAMEWORKS.values()],
        flops=beside_yoyodyne.flops(counts),
    )
    return [row, other]

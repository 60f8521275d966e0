"""The single file, whose graph holds the decoding loop, beside loops outside of it."""

from benchmarks.speed.bench import Bench
from benchmarks.speed.data import WORDS, prepared
from benchmarks.speed.models import exported, pairs_to_train_on, trained_run
from benchmarks.speed.row import Mark, Round, Row, Side, unequal
from benchmarks.speed.shape import Shape

SINGLE, STEPS, TORCH = "single file", "steps, numpy loop", "PyTorch, eager"


def rows(bench: Bench) -> list[Row]:
    """One row, a case for each size of a batch with each beam."""
    run = trained_run(bench, Shape().scaled(bench))
    folder, _ = prepared(WORDS, bench, pairs=pairs_to_train_on(bench))
    beams = (1, 5, 10)[: bench.size(3, 2, 2)]
    batch_sizes = (1, 8, 32, 128)[: bench.size(4, 3, 2)]
    common = {
        "sources": str(folder / "test.source"),
        "batch_sizes": batch_sizes,
        "times": bench.size(2, 1, 1),
    }
    models = {
        SINGLE: ("single", {beam: str(exported(bench, run, beam, form="single")) for beam in beams}),
        STEPS: ("steps", {beam: str(exported(bench, run, beam, form="steps")) for beam in beams}),
        TORCH: ("torch", dict.fromkeys(beams, str(run))),
    }
    ours, *peers = [
        Side(name, "benchmarks.speed.sides.graph", {**common, "form": form, "models": paths})
        for name, (form, paths) in models.items()
    ]
    row = Row(
        name="graph",
        work=f"{WORDS.folder}, test sentences of middle length, {common['times']} times; the model of decode-file",
        unit="sentences",
        ours=[ours],
        peers=peers,
        marks=[Mark(SINGLE, 1, name) for name in (STEPS, TORCH)],
        differences=same_texts,
    )
    return [row]


def same_texts(done: Round) -> list[str]:
    """As many sentences, and about as many words: they are one model, but rounded in another order.

    One sentence of 32 whose best targets tie may have half as many words, or twice.
    """
    return unequal(done, "sentences") + unequal(done, "decoded words", within=0.1)

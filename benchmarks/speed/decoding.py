"""What the rows of decoding share: the same model on every side, the same sentences, the same beam."""

from dataclasses import asdict
from typing import Any

from benchmarks.speed.bench import Bench
from benchmarks.speed.data import WORDS, prepared
from benchmarks.speed.environments import PEERS
from benchmarks.speed.joeynmt_weights import joeynmt_checkpoint
from benchmarks.speed.models import MAX_LENGTH, MIN_LENGTH, exported, pairs_to_train_on, trained_run
from benchmarks.speed.row import Mark, Round, Row, Side, unequal
from benchmarks.speed.shape import Shape

FP32, INT8, JOEYNMT = "ONNX fp32", "ONNX int8", PEERS["joeynmt"]
BEAM_SIZE = 5
LEAST_ALIKE = 0.95
"""Share of the texts that two implementations of one model in fp32 have to have in common."""


def decoding_row(
    name: str, bench: Bench, *, count: int, batch_size: int, threads: int, marks: tuple[float, float], how: str
) -> Row:
    """A row of decoding.

    Args:
        name: Of the row.
        bench: Where.
        count: Sentences of the test pairs.
        batch_size: Sentences decoded together; 1 for each by itself, timed by itself.
        threads: Of each side.
        marks: How many times as fast as JoeyNMT fp32 and int8 have to be.
        how: What is timed, for the sentence about the row.
    """
    shape = Shape().scaled(bench)
    run = trained_run(bench, shape)
    folder, counts = prepared(WORDS, bench, pairs=pairs_to_train_on(bench))
    common = {"sources": str(folder / "test.source"), "count": count, "batch_size": batch_size, "beam_size": BEAM_SIZE}
    costs = asdict(shape.costs(counts.target_size))
    files = {FP32: exported(bench, run, precision="fp32"), INT8: exported(bench, run, precision="int8")}
    ours = [ours_with(name, {**common, "file": str(path), "costs": costs}) for name, path in files.items()]
    theirs = {
        "folder": str(folder),
        "shape": asdict(shape),
        "min_length": MIN_LENGTH,
        "max_length": MAX_LENGTH,
        "checkpoint": str(joeynmt_checkpoint(run)),
    }
    return Row(
        name=name,
        work=(
            f"{WORDS.folder}, {count:,} test sentences, {how}, beam {BEAM_SIZE}, {MIN_LENGTH} to {MAX_LENGTH} symbols; "
            f"the model of train-words after a pass over {counts.pairs:,} pairs, the same weights on every side"
        ),
        unit="sentences",
        ours=ours,
        peers=[Side(JOEYNMT, "benchmarks.speed.peers.joeynmt_decode", {**common, **theirs}, peer="joeynmt")],
        marks=[Mark(side, bound, JOEYNMT) for side, bound in zip(files, marks, strict=True)],
        threads=threads,
        differences=same_decoding,
    )


def ours_with(name: str, options: dict[str, Any]) -> Side:
    """One of our sides."""
    return Side(name, "benchmarks.speed.sides.decode", options)


def same_decoding(done: Round) -> list[str]:
    """As many sentences, about as many words, and in fp32 the very same texts but for a few.

    A model in 8 bits is another one, and may end its targets a little earlier: a tenth of the words, for it alone.
    """
    in_full = {name: measured for name, measured in done.items() if name != INT8}
    found = unequal(done, "sentences") + unequal(in_full, "decoded words", within=0.01)
    found += unequal(done, "decoded words", within=0.1)
    if JOEYNMT not in done:
        return found
    pairs = zip(done[FP32].facts["texts"], done[JOEYNMT].facts["texts"], strict=True)
    alike = sum(a == b for a, b in pairs) / done[FP32].facts["sentences"]
    return found if alike >= LEAST_ALIKE else [*found, f"only {alike:.0%} of the texts in fp32 are those of {JOEYNMT}"]

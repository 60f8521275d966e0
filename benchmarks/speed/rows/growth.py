"""How time grows with each size, in decoding and in training: no faster than the arithmetic."""

from typing import Any

from benchmarks.speed.bench import Bench
from benchmarks.speed.models import exported, random_run
from benchmarks.speed.row import Row, Side
from benchmarks.speed.shape import Shape

MIDDLE = {"source length": 20, "target length": 20, "batch": 16, "beam": 5, "vocabulary": 8000}
SIZES = {
    "source length": (10, 20, 40, 80, 160),
    "target length": (10, 20, 40, 80, 160),
    "batch": (1, 4, 16, 64, 128),
    "beam": (1, 2, 5, 10, 20),
    "vocabulary": (1000, 4000, 16_000, 50_000),
}
TINY = {"source length": 3, "target length": 3, "batch": 2, "beam": 2, "vocabulary": 11}


def rows(bench: Bench) -> list[Row]:
    """Decoding and training."""
    shape = Shape(dropout=0.0).scaled(bench)
    times = bench.size(5, 1, 1)
    decoding = {name: {**sizes, "file": file_for(bench, shape, sizes)} for name, sizes in cases(bench, SIZES).items()}
    training = cases(bench, {name: values for name, values in SIZES.items() if name != "beam"})
    options = {
        "decode": {"cases": decoding, "times": times},
        "train": {"cases": training, "times": times, "model": shape.config()},
    }
    units = {"decode": "batches decoded", "train": "steps"}
    middle = ", ".join(f"{name} {value:,}" for name, value in MIDDLE.items())
    return [
        Row(
            name=f"growth-{work}",
            work=f"random weights and texts, the sizes of train-words; where nothing else is said, {middle}",
            unit=units[work],
            ours=[Side("ours", "benchmarks.speed.sides.growth", {"work": work, **given})],
            most_rounds=1,
        )
        for work, given in options.items()
    ]


def cases(bench: Bench, sizes: dict[str, tuple[int, ...]]) -> dict[str, dict[str, Any]]:
    """Each value of each size by a name of its own, the other sizes in the middle."""
    if bench.scale == "tiny":
        return {"batch 2": dict(TINY)}
    kept = slice(None, None, bench.size(1, 2, 2))
    return {f"{name} {value}": {**MIDDLE, name: value} for name, values in sizes.items() for value in values[kept]}


def file_for(bench: Bench, shape: Shape, sizes: dict[str, Any]) -> str:
    """A file with random weights for a vocabulary and a beam."""
    symbols = sizes["vocabulary"]
    path = bench.cache / "runs" / f"growth-{bench.scale}-{symbols}"
    run = random_run(path, {"model": shape.config()}, num_symbols=symbols)
    return str(exported(bench, run, sizes["beam"]))

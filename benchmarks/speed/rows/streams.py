"""Much more than fits into memory: lines through `s2s translate`, and pairs to train on."""

from benchmarks.speed.bench import Bench
from benchmarks.speed.models import exported, random_run
from benchmarks.speed.row import Mark, Round, Row, Side
from benchmarks.speed.sides.stream import ANSWERS, DIFFERENT, EARLY, IS_EARLY, LATE, WRONG

NUM_SYMBOLS = 1000
MODEL = {
    "embedding_size": 16,
    "encoder": {"name": "gru", "size": 16},
    "attention": {"name": "additive", "size": 16},
    "decoder": {"name": "bahdanau", "size": 16},
}
MOST_GROWTH = 10
"""MB after the first lines."""
MOST_MEMORY = 120
"""MB of preparing pairs in a cache, however many."""


def rows(bench: Bench) -> list[Row]:
    """Both, measured once: they take minutes."""
    return [lines_row(bench), pairs_row(bench)]


def lines_row(bench: Bench) -> Row:
    """Lines through the command."""
    count, early = bench.size(1_000_000, 60_000, 1200), bench.size(50_000, 20_000, 600)
    config = {"model": MODEL, "decoding": {"strategy": "greedy", "max_length": 5}}
    run = random_run(bench.cache / "runs/stream", config, num_symbols=NUM_SYMBOLS, spread=1.0)
    model = str(exported(bench, run, 1, lengths=(0, 5)))
    options = {"model": model, "lines": count, "early": early, "distinct": 997}

    def differences(done: Round) -> list[str]:
        (measured,) = done.values()
        facts = measured.facts
        wanted = {
            f"{facts[ANSWERS]:,} answers to {count:,} lines": facts[ANSWERS] == count,
            f"{facts[WRONG]:,} answers in the wrong place": facts[WRONG] == 0,
            "no answer before the input's end": facts[IS_EARLY],
            f"memory grew from {facts[EARLY]:.0f} to {facts[LATE]:.0f} MB": facts[LATE] - facts[EARLY] <= MOST_GROWTH,
        }
        return [told for told, holds in wanted.items() if not holds]

    return Row(
        name="streams-lines",
        work=f"{count:,} lines through a pipe, a tiny model; memory may grow by {MOST_GROWTH} MB after line {early:,}",
        unit="lines",
        ours=[Side("s2s translate", "benchmarks.speed.sides.stream", options)],
        told=[EARLY, LATE, DIFFERENT],
        most_rounds=1,
        differences=differences,
    )


def pairs_row(bench: Bench) -> Row:
    """Pairs to train on."""
    counts = [bench.size(1_000_000, 100_000, 100), bench.size(5_000_000, 300_000, 300)]
    return Row(
        name="streams-pairs",
        work="random pairs of 20 symbols a side, cut, numbered and written to a new cache, without a model",
        unit="pairs",
        ours=[Side("data.cache", "benchmarks.speed.sides.pairs", {"counts": counts})],
        marks=[Mark("data.cache", MOST_MEMORY, quantity="memory")],
        most_rounds=1,
    )

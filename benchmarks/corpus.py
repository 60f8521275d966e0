"""Memory and processor time of training data: read, cut, numbered and kept, then one epoch of batches without a model.

    python benchmarks/corpus.py FOLDER

Makes random pairs of 20 symbols each in FOLDER, some 220 MB and 900 MB of cache for five million, and removes them.
"""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import numpy as np

from s2s_toolkit.batches import batches
from s2s_toolkit.config_sections import DataConfig
from s2s_toolkit.text import TextSide
from s2s_toolkit.tokenizers import Characters
from s2s_toolkit.training.cache import read_cached
from s2s_toolkit.training.numbering import NumberedReader, read_numbered
from s2s_toolkit.vocabulary import Vocabulary

LENGTH = 20
BATCH_SIZE = 64
MOST_BATCHES = 20_000
"""Of an epoch, to know its speed."""
EVERY = 0.02
"""Seconds between two looks at the memory."""


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.option("--pairs", "counts", type=int, multiple=True, default=(30_000, 1_000_000, 5_000_000), show_default=True)
@click.option("--measure", default="", hidden=True)
def main(folder: Path, counts: tuple[int, ...], measure: str) -> None:
    """Measure each number of pairs in FOLDER, in memory and mapped from a cache, each in a process of its own."""
    if measure:
        click.echo(json.dumps(measured(folder, measure)))
        return
    click.echo("| pairs | kept | prepared | memory | batches | memory |\n|---|---|---|---|---|---|")
    for count in counts:
        with TemporaryDirectory(dir=folder) as place:
            write(Path(place) / "train.tsv", count)
            for kept in ("memory", "cache, new", "cache, found"):
                command = [sys.executable, __file__, place, "--measure", kept]
                found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
                click.echo(
                    f"| {count:,} | {kept} | {found['seconds']:.1f} s | {found['memory']:,.0f} MB "
                    f"| {found['batch'] * 1e6:.0f} µs each | {found['memory_batches']:,.0f} MB |"
                )


def measured(folder: Path, kept: str) -> dict[str, float]:
    """Prepare the pairs in a folder, kept in memory or in a cache, and make batches of them."""
    data = DataConfig(train=folder / "train.tsv", dev=folder / "none")
    reader = NumberedReader(data, TextSide(Characters()), TextSide(Characters()))
    with _greatest_memory() as memory:
        start = time.process_time()
        corpus = read_numbered(reader) if kept == "memory" else read_cached(reader, folder / "cache")
        seconds = time.process_time() - start
    vocabularies = [Vocabulary.of_frequent(corpus.frequencies(side)) for side in (0, 1)]
    examples = corpus.examples(*vocabularies)
    with _greatest_memory() as memory_batches:
        start, done = time.process_time(), 0
        for _ in islice(batches(examples, batch_size=BATCH_SIZE, seed=1, epoch=0), MOST_BATCHES):
            done += 1
        batch = (time.process_time() - start) / done
    return {"seconds": seconds, "memory": memory[0], "batch": batch, "memory_batches": memory_batches[0]}


@contextmanager
def _greatest_memory() -> Iterator[list[float]]:
    """Of this process, in MB, without what is mapped from files: the kernel takes that back when it needs it."""
    greatest, ended = [0.0], threading.Event()

    def look() -> None:
        while not ended.is_set():
            greatest[0] = max(greatest[0], _anonymous_memory())
            ended.wait(EVERY)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield greatest
    finally:
        ended.set()
        thread.join()


def _anonymous_memory() -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon")) / 1024


def write(path: Path, count: int) -> None:
    """Write so many random pairs."""
    rng, part = np.random.default_rng(1), 100_000
    with path.open("w", encoding="utf-8") as file:
        for start in range(0, count, part):
            letters = rng.integers(ord("a"), ord("z") + 1, (min(part, count - start), 2 * LENGTH + 2), np.uint8)
            letters[:, LENGTH], letters[:, -1] = ord("\t"), ord("\n")
            file.write(letters.tobytes().decode("ascii"))


if __name__ == "__main__":
    main()

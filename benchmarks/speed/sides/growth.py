"""Time over one size after the other: what a term costs that grows with it."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks.speed.measured import Measured, Stopwatch, num_threads, peak_memory
from benchmarks.speed.sides.train import Clock
from s2s_onnx import Translator
from s2s_toolkit.config import parse_config
from s2s_toolkit.plugins import load_registry
from s2s_toolkit.side_files import vocabulary_path
from s2s_toolkit.training import train
from s2s_toolkit.vocabulary import Vocabulary

WARM = 2


def measure(options: Mapping[str, Any]) -> Iterator[Measured]:
    """Each value of each size, the others as they are in the middle."""
    work = {"decode": decode, "train": trained}[options["work"]]
    for case, sizes in options["cases"].items():
        yield work(case, sizes, options)


def decode(case: str, sizes: Mapping[str, Any], options: Mapping[str, Any]) -> Measured:
    """Decode targets of exactly so many symbols, all that a batch holds at once."""
    length, batch = sizes["target length"], sizes["batch"]
    settings = {"min_length": length, "max_length": length}
    translator = Translator(sizes["file"], settings, num_threads=num_threads(), batch_size=batch)
    texts = made_up(batch, sizes["source length"], sizes["vocabulary"])
    translator(texts)
    watch = Stopwatch()
    for _ in range(options["times"]):
        found = translator(texts)
    wall, processor = watch.stop()
    facts = {"decoded words": sum(len(translation.text.split()) for translation in found)}
    return Measured(options["times"], wall, processor, peak_memory(), case, facts)


def trained(case: str, sizes: Mapping[str, Any], options: Mapping[str, Any]) -> Measured:
    """Train on pairs of exactly so many symbols; one of the amount is a step."""
    steps, vocabulary = options["times"], sizes["vocabulary"]
    count = sizes["batch"] * (WARM + steps)
    clock = Clock(WARM)
    with TemporaryDirectory() as place:
        folder = Path(place)
        texts = made_up(count, sizes["source length"], vocabulary), made_up(count, sizes["target length"], vocabulary)
        pairs = [f"{source}\t{target}\n" for source, target in zip(*texts, strict=True)]
        (folder / "train.tsv").write_text("".join(pairs), encoding="utf-8")
        (folder / "dev.tsv").write_text(pairs[0], encoding="utf-8")
        for name in ("source", "target"):
            Vocabulary([str(number) for number in range(vocabulary)]).save(vocabulary_path(folder, name))
        side = {"tokenizer": "words", "vocabulary": place}
        content = {
            "framework": "torch",
            "data": {"train": "train.tsv", "dev": "dev.tsv"},
            "source": side,
            "target": side,
            "model": options["model"],
            "training": {"batch_size": sizes["batch"], "max_epochs": 1},
        }
        train(parse_config(content, folder=folder, where="benchmark"), folder / "run", load_registry(), clock)
    return Measured(steps, *clock.seconds, clock.memory, case, {"target tokens": clock.tokens})


def made_up(count: int, length: int, vocabulary: int) -> Sequence[str]:
    """Random texts of so many words each."""
    rng = np.random.default_rng(1)
    return [" ".join(map(str, row)) for row in rng.integers(0, vocabulary, (count, length))]

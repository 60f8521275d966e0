"""The corpora, cut into symbols and parted by spaces, so that all sides read the same."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import click
import numpy as np

from benchmarks.speed.bench import Bench
from s2s_toolkit.side_files import vocabulary_path
from s2s_toolkit.symbols import SPECIAL
from s2s_toolkit.vocabulary import Vocabulary

SIDES = ("source", "target")
NUM_DEV = 64


@dataclass(frozen=True)
class Corpus:
    """A corpus.

    Attributes:
        folder: Where it lies among the data.
        cut: A source, and a target, to symbols.
        max_size: Symbols of each vocabulary at most, the special ones not counted; 0 for all.
    """

    folder: str
    cut: tuple[Callable[[str], list[str]], Callable[[str], list[str]]]
    max_size: int = 0


@dataclass(frozen=True)
class Counts:
    """What a prepared corpus amounts to; lengths have the EOS.

    Attributes:
        pairs: To train on.
        source_tokens: Symbols of their sources.
        target_tokens: Symbols of their targets.
        cells: Source symbols times target symbols, summed over the pairs: what attention looks at.
        source_size: Symbols of the source vocabulary.
        target_size: Symbols of the target vocabulary.
    """

    pairs: int
    source_tokens: int
    target_tokens: int
    cells: int
    source_size: int
    target_size: int


def words(text: str) -> list[str]:
    """Words and punctuation marks, lower-cased."""
    return re.findall(r"\w+|[^\w\s]", text.lower())


WORDS = Corpus("multi30k-de-en", (words, words), max_size=8000)
CHARACTERS = Corpus("cmudict-g2p", (list, str.split))


def prepared(corpus: Corpus, bench: Bench, *, pairs: int) -> tuple[Path, Counts]:
    """A folder with the first training pairs, some dev pairs and all test sources; vocabularies are of all pairs.

    It has SPLIT.tsv, SPLIT.source and SPLIT.target, and for each side SIDE.vocabulary.json and SIDE.txt, the symbols.
    """
    folder = bench.cache / "data" / f"{corpus.folder}-{pairs}"
    counted = folder / "counts.json"
    if not counted.exists():
        folder.mkdir(parents=True, exist_ok=True)
        train = read(corpus, bench, "train")
        source_size, target_size = (
            write_vocabulary(folder, corpus, name, [pair[n] for pair in train]) for n, name in enumerate(SIDES)
        )
        write_pairs(folder, "train", train[:pairs])
        write_pairs(folder, "dev", read(corpus, bench, "dev")[:NUM_DEV])
        write_pairs(folder, "test", read(corpus, bench, "test"))
        counted.write_text(json.dumps(asdict(count(train[:pairs], (source_size, target_size)))), encoding="utf-8")
    return folder, Counts(**json.loads(counted.read_text(encoding="utf-8")))


Pair = tuple[list[str], list[str]]


def read(corpus: Corpus, bench: Bench, split: str) -> list[Pair]:
    """The pairs of a split."""
    path = bench.data / corpus.folder / f"{split}.tsv"
    if not path.exists():
        raise click.ClickException(f"there is no {path}; give --data FOLDER")
    lines = (line.split("\t") for line in path.read_text(encoding="utf-8").splitlines())
    return [(corpus.cut[0](source), corpus.cut[1](target)) for source, target in lines]


def write_vocabulary(folder: Path, corpus: Corpus, name: str, texts: Sequence[Sequence[str]]) -> int:
    """Write the vocabulary of a side in our format and as a list; how many symbols it has."""
    vocabulary = Vocabulary.build(texts, max_size=corpus.max_size)
    vocabulary.save(vocabulary_path(folder, name))
    lines = (f"{symbol}\n" for symbol in vocabulary.symbols[len(SPECIAL) :])
    (folder / f"{name}.txt").write_text("".join(lines), encoding="utf-8")
    return len(vocabulary.symbols)


def write_pairs(folder: Path, split: str, pairs: Sequence[Pair]) -> None:
    """Write pairs as one file and as two."""
    texts = [(" ".join(source), " ".join(target)) for source, target in pairs]
    (folder / f"{split}.tsv").write_text("".join(f"{s}\t{t}\n" for s, t in texts), encoding="utf-8")
    for number, name in enumerate(SIDES):
        (folder / f"{split}.{name}").write_text("".join(f"{text[number]}\n" for text in texts), encoding="utf-8")


def count(pairs: Sequence[Pair], sizes: tuple[int, int]) -> Counts:
    """Count the pairs."""
    lengths = np.array([(len(source) + 1, len(target) + 1) for source, target in pairs])  # (pairs, 2)
    source_tokens, target_tokens = map(int, lengths.sum(axis=0))
    return Counts(len(pairs), source_tokens, target_tokens, int(lengths.prod(axis=1).sum()), *sizes)


def make_up(folder: Path, *, pairs: int = 70) -> None:
    """Write random corpora into a folder, for the smoke test."""
    rng = np.random.default_rng(1)
    for corpus in (WORDS, CHARACTERS):
        (folder / corpus.folder).mkdir(parents=True)
        for split, size in {"train": pairs, "dev": 8, "test": 8}.items():
            drawn = ("".join(rng.choice(list("abcde"), rng.integers(2, 9))) for _ in range(size))
            lines = (f"{text}\t{' '.join(text)}\n" for text in drawn)
            (folder / corpus.folder / f"{split}.tsv").write_text("".join(lines), encoding="utf-8")

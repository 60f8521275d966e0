"""Read pairs of texts from files, and a corpus of pairs of symbol sequences."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

from s2s_toolkit.config_sections import SOURCE, SOURCE_TARGET, TAGS, TARGET, Column, DataConfig
from s2s_toolkit.errors import DataError, PluginError
from s2s_toolkit.lines import read_lines
from s2s_toolkit.text import TextSide
from s2s_toolkit.tokenizers import TAB

EMPTY, TOO_LONG = "empty", "too long"
"""Why a pair is skipped."""

Paths = Path | tuple[Path, Path]
"""A TSV file (source, tab, target), or a file of sources and one of targets whose lines correspond."""


class Pair(NamedTuple):
    """A source text and its target text."""

    source: str
    target: str


@dataclass(frozen=True)
class Counts:
    """How many pairs there are.

    Attributes:
        pairs: Those that can be used.
        skipped: Those left out, by reason: "empty" (no symbol on a side), "too long". The caller shows it.
        drawn: How many an epoch has, where that depends on weights; otherwise as many as there are.
    """

    pairs: int
    skipped: dict[str, int]
    drawn: int


class SplitPair(NamedTuple):
    """A pair and its symbols; without any where the pair is left out, for the reason given."""

    text: Pair
    source: list[str]
    target: list[str]
    skipped: str


@dataclass(frozen=True)
class Corpus:
    """The pairs of a corpus that is small enough to hold as text, and what was left out.

    Attributes:
        pairs: Source symbols and target symbols of each pair.
        texts: The same pairs as they stood in the file.
        skipped: Number of pairs left out, by reason.
    """

    pairs: list[tuple[list[str], list[str]]]
    texts: list[Pair]
    skipped: dict[str, int]

    @property
    def counts(self) -> Counts:
        """How many pairs there are."""
        return Counts(len(self.pairs), self.skipped, len(self.pairs))


def load_corpus(paths: Paths, source_side: TextSide, target_side: TextSide, *, data: DataConfig) -> Corpus:
    """Read and split every pair; errors as `split_pairs`, and DataError if no pair is left."""
    corpus = Corpus([], [], no_skipped())
    for text, source, target, skipped in split_pairs(paths, source_side, target_side, data=data):
        if skipped:
            corpus.skipped[skipped] += 1
        else:
            corpus.pairs.append((source, target))
            corpus.texts.append(text)
    require_pairs(len(corpus.pairs), paths, corpus.skipped, data)
    return corpus


def split_pairs(paths: Paths, source_side: TextSide, target_side: TextSide, *, data: DataConfig) -> Iterator[SplitPair]:
    """The pairs of files with their symbols, one after the other; lengths count symbols, without EOS.

    DataError as `read_pairs` raises it; PluginError, with the line, where a tokenizer fails.
    """
    for number, text in enumerate(read_pairs(paths, data.columns), start=1):
        try:
            source, target = source_side.split(text.source), target_side.split(text.target)
        except PluginError as error:
            raise PluginError(f"{named(paths)}, line {number}: {error}") from error
        if not source or not target:
            yield SplitPair(text, [], [], EMPTY)
        elif len(source) > data.max_source_length or len(target) > data.max_target_length:
            yield SplitPair(text, [], [], TOO_LONG)
        else:
            yield SplitPair(text, source, target, "")


def no_skipped() -> dict[str, int]:
    """Counts of skipped pairs, to begin with."""
    return {EMPTY: 0, TOO_LONG: 0}


def require_pairs(count: int, paths: Paths, skipped: dict[str, int], data: DataConfig) -> None:
    """DataError if no pair of some files can be used."""
    if not count:
        counts = ", ".join(f"{count} {reason}" for reason, count in skipped.items())
        limits = f"(over {data.max_source_length} source or {data.max_target_length} target symbols)"
        raise DataError(f"no usable pair in {named(paths)}: {counts} {limits}; give at least one")


def read_pairs(paths: Paths, columns: Sequence[Column] = SOURCE_TARGET) -> Iterator[Pair]:
    r"""Read pairs, one after the other; lines end at "\n" alone, and a "\r" before it is dropped.

    DataError, once the place is reached, names the file and line: unreadable, not UTF-8, other columns, or two files
    with different numbers of lines.

    Args:
        paths: One file or two, packed (`.gz`, `.zst`) or not.
        columns: What the columns of a TSV file are; tags join the source behind a tab.
    """
    return _read_parallel(*paths) if isinstance(paths, tuple) else _read_tsv(paths, columns)


def _read_tsv(path: Path, columns: Sequence[Column]) -> Iterator[Pair]:
    source, target = columns.index(SOURCE), columns.index(TARGET)
    tags = columns.index(TAGS) if TAGS in columns else -1
    for number, line in enumerate(read_lines(path), start=1):
        cells = line.split(TAB)
        if len(cells) != len(columns):
            found = f"{len(cells)} columns" if len(cells) > 1 else "no tab" if line else "an empty line"
            raise DataError(f"{path}, line {number}: expected {'<TAB>'.join(columns)}, found {found}")
        tagged = tags >= 0 and cells[source] and cells[tags]
        yield Pair(f"{cells[source]}{TAB}{cells[tags]}" if tagged else cells[source], cells[target])


def _read_parallel(source_path: Path, target_path: Path) -> Iterator[Pair]:
    sources, targets = read_lines(source_path), read_lines(target_path)
    pairs = zip_longest(sources, targets)
    for number, (source, target) in enumerate(pairs):
        if source is None or target is None:
            longer = number + 1 + sum(1 for _ in pairs)
            source_count, target_count = (number, longer) if source is None else (longer, number)
            counts = f"{source_path} has {source_count} lines, {target_path} has {target_count}"
            raise DataError(f"{counts}; give two files with one line for each pair")
        yield Pair(source, target)


def named(paths: Paths) -> str:
    """Files as a message names them."""
    return f"{paths[0]} and {paths[1]}" if isinstance(paths, tuple) else str(paths)

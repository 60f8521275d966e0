"""Read pairs of texts from files, and a corpus of pairs of symbol sequences."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

from s2s_toolkit.errors import DataError, PluginError
from s2s_toolkit.text import TextSide

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
EMPTY, TOO_LONG = "empty", "too long"
"""Why a pair is skipped."""

Paths = Path | tuple[Path, Path]
"""A TSV file (source, tab, target), or a file of sources and one of targets whose lines correspond."""


class Pair(NamedTuple):
    """A source text and its target text."""

    source: str
    target: str


@dataclass(frozen=True)
class Corpus:
    """The pairs that a model can learn from, and what was left out.

    Attributes:
        pairs: Source symbols and target symbols of each pair.
        texts: The same pairs as they stood in the file.
        skipped: Number of pairs left out, by reason: "empty" (no symbol on a side), "too long". The caller shows it.
    """

    pairs: list[tuple[list[str], list[str]]]
    texts: list[Pair]
    skipped: dict[str, int]


def load_corpus(
    paths: Paths,
    source_side: TextSide,
    target_side: TextSide,
    *,
    max_source_length: int,
    max_target_length: int,
) -> Corpus:
    """Read and split every pair; lengths count symbols, without EOS.

    DataError as `read_pairs` raises it, or if no pair is left; PluginError, with the line, where a tokenizer fails.
    """
    corpus = Corpus([], [], {EMPTY: 0, TOO_LONG: 0})
    for number, text in enumerate(read_pairs(paths), start=1):
        try:
            source, target = source_side.split(text.source), target_side.split(text.target)
        except PluginError as error:
            raise PluginError(f"{_named(paths)}, line {number}: {error}") from error
        if not source or not target:
            corpus.skipped[EMPTY] += 1
        elif len(source) > max_source_length or len(target) > max_target_length:
            corpus.skipped[TOO_LONG] += 1
        else:
            corpus.pairs.append((source, target))
            corpus.texts.append(text)
    if not corpus.pairs:
        skipped = ", ".join(f"{count} {reason}" for reason, count in corpus.skipped.items())
        limits = f"(over {max_source_length} source or {max_target_length} target symbols)"
        raise DataError(f"no usable pair in {_named(paths)}: {skipped} {limits}; give at least one")
    return corpus


def read_pairs(paths: Paths) -> Iterator[Pair]:
    r"""Read pairs, one after the other; lines end at "\n" alone, and a "\r" before it is dropped.

    DataError, once the place is reached, names the file and line: unreadable, not UTF-8, not two columns, or two files
    with different numbers of lines.
    """
    return _read_parallel(*paths) if isinstance(paths, tuple) else _read_tsv(paths)


def read_lines(path: Path) -> Iterator[str]:
    """The lines of a UTF-8 file without their ends and without a byte order mark; DataError as `read_pairs`."""
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                yield decode_line(line, number, str(path), remedy="; save the file as UTF-8")
    except OSError as error:
        raise DataError(f"can't read {path}: {error.strerror}; give a text file") from error


def decode_line(line: bytes, number: int, where: str, *, remedy: str = "") -> str:
    """A line's text without its end and, in the first line, without a byte order mark; DataError unless it is UTF-8."""
    if number == 1:
        line = line.removeprefix(BYTE_ORDER_MARK)
    line = line.removesuffix(b"\n").removesuffix(b"\r")
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as error:
        found = f"byte 0x{line[error.start]:02x}"
        raise DataError(f"{where}, line {number}: expected UTF-8, found {found}{remedy}") from error


def _read_tsv(path: Path) -> Iterator[Pair]:
    for number, line in enumerate(read_lines(path), start=1):
        columns = line.split("\t")
        if len(columns) != 2:
            found = f"{len(columns)} columns" if len(columns) > 1 else "no tab" if line else "an empty line"
            raise DataError(f"{path}, line {number}: expected source<TAB>target, found {found}")
        yield Pair(*columns)


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


def _named(paths: Paths) -> str:
    return f"{paths[0]} and {paths[1]}" if isinstance(paths, tuple) else str(paths)

"""Lines of text in, as soon as they can be had: a file by chunks, standard input as it arrives."""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from s2s_toolkit.errors import DataError
from s2s_toolkit.lines import decode_line, read_lines

CHUNK = 512
"""Lines translated together: enough to sort by length and fill batches."""

READ_SIZE = 1 << 16


def file_chunks(path: Path) -> Iterator[list[str]]:
    """The lines of a file."""
    lines = read_lines(path)
    while chunk := list(islice(lines, CHUNK)):
        yield chunk


def stream_chunks(stream: BinaryIO) -> Iterator[list[str]]:
    """The lines of standard input, by the rules of `read_lines`; those that are there do not wait for more to come.

    So a terminal or another program that writes one line gets its answer before it writes the next.
    """
    number = 0
    for lines in _arriving(stream):
        for start in range(0, len(lines), CHUNK):
            chunk = lines[start : start + CHUNK]
            yield [decode_line(line, number + place, "standard input") for place, line in enumerate(chunk, start=1)]
            number += len(chunk)


def with_prefixes(chunks: Iterable[list[str]], path: Path) -> Iterator[tuple[list[str], list[str]]]:
    """Lines and, for each, the line of a file; DataError once the file turns out to have fewer lines, or more."""
    lines, number = read_lines(path), 0
    for chunk in chunks:
        prefixes = list(islice(lines, len(chunk)))
        number += len(prefixes)
        if len(prefixes) < len(chunk):
            what = f"{path} ends after line {number}, before the input"
            raise DataError(f"{what}; give a prefix for each line, if an empty one")
        yield chunk, prefixes
    if rest := sum(1 for _ in lines):
        raise DataError(f"{path} has {number + rest} lines, the input {number}; give a prefix for each line")


def _arriving(stream: BinaryIO) -> Iterator[list[bytes]]:
    """Whole lines, all those that one read completes; the last may lack its end."""
    pieces: list[bytes] = []
    while data := stream.read1(READ_SIZE):  # type: ignore[attr-defined]  # every buffered stream has it
        head, end, rest = data.rpartition(b"\n")
        if not end:
            pieces.append(data)
            continue
        yield b"".join([*pieces, head]).split(b"\n")
        pieces = [rest] if rest else []
    if pieces:
        yield [b"".join(pieces)]

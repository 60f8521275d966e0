"""Lines of text in, as soon as they can be had: a file by chunks, standard input as it arrives."""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from s2s_toolkit.errors import DataError
from s2s_toolkit.lines import LONGEST, decode_line, read_lines

CHUNK = 512
"""Lines translated together: enough to sort by length and fill batches."""

LARGE = 1 << 20
"""Characters after which a chunk has no more lines, however few they are."""

READ_SIZE = 1 << 16

STANDARD_INPUT = "standard input"


def file_chunks(path: Path) -> Iterator[list[str]]:
    """The lines of a file."""
    return _chunks(read_lines(path))


def stream_chunks(stream: BinaryIO) -> Iterator[list[str]]:
    """The lines of standard input, by the rules of `read_lines`; those that are there do not wait for more to come.

    So a terminal or another program that writes one line gets its answer before it writes the next.
    """
    number = 0
    for lines in _arriving(stream):
        yield from _chunks(decode_line(line, place, STANDARD_INPUT) for place, line in enumerate(lines, number + 1))
        number += len(lines)


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


def _chunks(lines: Iterable[str]) -> Iterator[list[str]]:
    """Lines by chunks; what stands before a line that is none comes first, then the DataError."""
    chunk: list[str] = []
    size = 0
    try:
        for line in lines:
            chunk.append(line)
            size += len(line)
            if len(chunk) == CHUNK or size > LARGE:
                yield chunk
                chunk, size = [], 0
    except DataError:
        if chunk:
            yield chunk
        raise
    if chunk:
        yield chunk


def _arriving(stream: BinaryIO) -> Iterator[list[bytes]]:
    """Whole lines, all those that one read completes; the last may lack its end, and one that is too long the rest."""
    pieces: list[bytes] = []
    size = 0
    while data := stream.read1(READ_SIZE):  # type: ignore[attr-defined]  # every buffered stream has it
        head, end, rest = data.rpartition(b"\n")
        if not end:
            pieces.append(data)
            size += len(data)
            if size > LONGEST:
                break
            continue
        yield b"".join([*pieces, head]).split(b"\n")
        pieces, size = [rest] if rest else [], len(rest)
    if pieces:
        yield [b"".join(pieces)]

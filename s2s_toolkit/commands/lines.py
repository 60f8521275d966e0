"""Lines of text in, as soon as they can be had: a file by chunks, standard input as it arrives."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from s2s_toolkit.corpus import decode_line, read_lines

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

r"""Lines of text in UTF-8, which end at "\n" alone; a "\r" before it is dropped."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from s2s_toolkit.compressed import open_unpacked
from s2s_toolkit.errors import DataError

BYTE_ORDER_MARK = b"\xef\xbb\xbf"

LONGEST = 1 << 24
"""Bytes of a line at most, so that a file without line ends does not fill the memory."""


def read_lines(path: Path) -> Iterator[str]:
    """The lines of a file, packed (`.gz`, `.zst`) or not; DataError, once the place is reached, names file and line."""
    with open_unpacked(path) as file:
        for number, line in enumerate(iter(partial(file.readline, LONGEST + 1), b""), start=1):
            yield decode_line(line, number, str(path), remedy="; save the file as UTF-8")


def decode_line(line: bytes, number: int, where: str, *, remedy: str = "") -> str:
    """A line's text without its end and, in the first line, without a byte order mark.

    DataError unless it is UTF-8 and no longer than `LONGEST`.
    """
    if len(line) > LONGEST:
        raise DataError(f"{where}, line {number}: a line of more than {LONGEST:,} bytes is no text; split it")
    if number == 1:
        line = line.removeprefix(BYTE_ORDER_MARK)
    line = line.removesuffix(b"\n").removesuffix(b"\r")
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as error:
        found = f"byte 0x{line[error.start]:02x}"
        raise DataError(f"{where}, line {number}: expected UTF-8, found {found}{remedy}") from error

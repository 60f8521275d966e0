"""Open a file to read, packed or not: what ends in `.gz` or `.zst` is unpacked on the way."""

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from s2s_toolkit.errors import DataError, UnsupportedError

BUFFER = 1 << 16


@contextmanager
def open_unpacked(path: Path) -> Iterator[BinaryIO]:
    """The content of a file; DataError, whenever it shows, where the file can't be read or unpacked."""
    try:
        with path.open("rb") as file:
            yield _UNPACKING.get(path.suffix, _as_it_is)(file)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"can't unpack {path}: {_lowered(error)}; pack it again") from error
    except OSError as error:
        if error.errno is None:  # pyarrow's, about the content
            raise DataError(f"can't unpack {path}: {_lowered(error)}; pack it again") from error
        raise DataError(f"can't read {path}: {error.strerror}; give a text file") from error


def _as_it_is(file: BinaryIO) -> BinaryIO:
    return file


def _gzip(file: BinaryIO) -> BinaryIO:
    return cast(BinaryIO, gzip.GzipFile(fileobj=file, mode="rb"))


def _zstandard(file: BinaryIO) -> BinaryIO:
    try:
        import pyarrow
    except ImportError as error:
        raise UnsupportedError(f'reading .zst needs pyarrow ({error}); pip install "s2s-toolkit[arrow]"') from error
    stream = pyarrow.CompressedInputStream(pyarrow.PythonFile(file, "r"), "zstd")
    return cast(BinaryIO, io.BufferedReader(stream, BUFFER))


def _lowered(error: Exception) -> str:
    said = str(error)
    return said[:1].lower() + said[1:]


_UNPACKING = {".gz": _gzip, ".zst": _zstandard}

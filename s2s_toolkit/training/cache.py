"""Training pairs in a folder, to be mapped into memory and read where they lie: an Arrow file and what is known of it.

<cache>/<key>/pairs.arrow   a record batch for each chunk, with `source` and `target`: lists of numbers of symbols
<cache>/<key>/about.json    the symbols by number, and the length and checksum of the other file

The key is a digest of all that the pairs are made from, so what is stale is not found. What is damaged is made anew.
"""

import hashlib
import json
import unicodedata
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import s2s_toolkit
from s2s_toolkit.errors import UnsupportedError
from s2s_toolkit.examples import CHUNK, Chunk, Rows
from s2s_toolkit.files import atomic_folder, file_digest, new_folder
from s2s_toolkit.training.numbering import NumberedReader, Numbers, Tally, TrainingCorpus, new_tally, training_corpus

if TYPE_CHECKING:
    import pyarrow

FORMAT = 1
NAMES = ("source", "target")
PAIRS, ABOUT = "pairs.arrow", "about.json"
BLOCK = 1 << 20


def read_cached(reader: NumberedReader, cache: Path) -> TrainingCorpus:
    """The training pairs, mapped from the cache; they are read and put there first, unless they are there."""
    _require_arrow()
    folder = cache / _key(reader)
    tally, rows = _opened(folder) or _written(reader, folder)
    return training_corpus(tally, rows, reader.data)


def _require_arrow() -> None:
    try:
        import pyarrow.ipc  # noqa: F401
    except ImportError as error:
        raise UnsupportedError(f'data.cache needs pyarrow ({error}); pip install "s2s-toolkit[arrow]"') from error


def _key(reader: NumberedReader) -> str:
    """A digest of the files' content, how their first pairs are cut, the limits, and what could change the rest."""
    sample = reader.fingerprint()  # which also tells what can't be read
    digests = []
    for corpus in reader.data.corpora:
        for path in corpus.files if isinstance(corpus.files, tuple) else (corpus.files,):
            digests.append(file_digest(path))
    data = reader.data
    made_of = (
        FORMAT, CHUNK, s2s_toolkit.__version__, unicodedata.unidata_version,
        sample, digests, data.columns, data.max_source_length, data.max_target_length,
    )  # fmt: skip
    return hashlib.sha256(repr(made_of).encode()).hexdigest()[:32]


def _opened(folder: Path) -> tuple[Tally, tuple[Rows, Rows]] | None:
    """The pairs in a folder and what is known of them; None unless all of it is there and whole."""
    from pyarrow import ArrowException

    try:
        about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
        if about.pop("checksum") != _checksum(about) or about["pairs"] != _seal(folder / PAIRS):
            return None
        numbers = [Numbers({symbol: n for n, symbol in enumerate(about["symbols"][name])}) for name in NAMES]
        counts = [np.array(about["counts"][name], np.int64) for name in NAMES]
        tally = Tally((numbers[0], numbers[1]), (counts[0], counts[1]), about["sizes"], about["skipped"])
        return tally, _map(folder / PAIRS, tally)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, ArrowException):
        return None


def _written(reader: NumberedReader, folder: Path) -> tuple[Tally, tuple[Rows, Rows]]:
    """As `_opened`, of pairs that are read into a folder, which appears when it is whole."""
    tally = new_tally()
    with new_folder(folder.parent), atomic_folder(folder) as temporary:
        _write_pairs(reader.chunks(tally), temporary / PAIRS)
        about: dict[str, Any] = {
            "pairs": _seal(temporary / PAIRS),
            "symbols": dict(zip(NAMES, map(list, tally.numbers), strict=True)),
            "counts": dict(zip(NAMES, (counts.tolist() for counts in tally.counts), strict=True)),
            "sizes": tally.sizes,
            "skipped": tally.skipped,
        }
        about["checksum"] = _checksum(about)
        (temporary / ABOUT).write_text(json.dumps(about), encoding="utf-8")
    return tally, _map(folder / PAIRS, tally)


def _schema() -> "pyarrow.Schema":
    import pyarrow

    return pyarrow.schema([(name, pyarrow.list_(pyarrow.int32())) for name in NAMES])


def _write_pairs(chunks: Iterable[tuple[Chunk, Chunk]], path: Path) -> None:
    import pyarrow
    from pyarrow import ipc

    schema = _schema()
    with path.open("wb") as file, ipc.new_file(file, schema) as writer:
        for chunk in chunks:
            lists = [pyarrow.ListArray.from_arrays(each.offsets, pyarrow.array(each.values)) for each in chunk]
            writer.write_batch(pyarrow.record_batch(lists, schema=schema))


def _map(path: Path, tally: Tally) -> tuple[Rows, Rows]:
    """The rows of a file, as places in one array over all of it, which stays on the disk until it is read.

    ValueError where these are not the rows that the tally is of, whatever a checksum says: they are read without looks.
    """
    import pyarrow
    from pyarrow import ipc

    memory = pyarrow.memory_map(str(path))
    whole = memory.read_buffer()
    content = np.frombuffer(whole, np.int32, count=whole.size // 4)
    reader = ipc.open_file(memory)
    batches = [reader.get_batch(number) for number in range(reader.num_record_batches)]
    count = sum(batch.num_rows for batch in batches)
    if not reader.schema.equals(_schema()) or count != sum(tally.sizes):
        raise ValueError("it holds something else")
    for batch in batches:
        _check(batch, tally, whole, last=batch is batches[-1])
    sources, targets = (
        _rows(content, [batch.column(name) for batch in batches], whole.address, count) for name in NAMES
    )
    return sources, targets


def _check(batch: "pyarrow.RecordBatch", tally: Tally, whole: "pyarrow.Buffer", *, last: bool) -> None:
    """ValueError unless a batch is of a chunk, lies in the file as it is read, and has numbers of symbols alone."""
    from pyarrow import compute

    batch.validate(full=True)  # no offset leads out of the values
    if batch.num_rows != CHUNK and not last:
        raise ValueError("it is cut otherwise")
    for name, numbers in zip(NAMES, tally.numbers, strict=True):
        column = batch.column(name)
        buffers = column.buffers()
        for part in (1, 3):
            place = buffers[part].address - whole.address
            if place % 4 or not 0 <= place <= whole.size - buffers[part].size:
                raise ValueError("it is packed, or its numbers lie askew")
        found = compute.min_max(column.values).as_py()
        if column.offset or column.null_count or column.values.null_count:
            raise ValueError("rows or numbers are missing")
        if len(column.values) and not 0 <= found["min"] <= found["max"] < len(numbers):
            raise ValueError("it has numbers of no symbol")


def _rows(content: np.ndarray, lists: "list[pyarrow.ListArray]", address: int, count: int) -> Rows:
    buffers = [column.buffers() for column in lists]  # of each: validity, offsets, validity of the values, values
    offsets_at, values_at = (
        np.array([(each[part].address - address) // 4 for each in buffers], np.int64) for part in (1, 3)
    )
    return Rows(content, content, values_at, offsets_at, count)


def _checksum(about: dict[str, Any]) -> int:
    return zlib.crc32(json.dumps(about, sort_keys=True).encode())


def _seal(path: Path) -> list[int]:
    """Length and checksum of a file."""
    checksum, length = 0, 0
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            checksum, length = zlib.crc32(block, checksum), length + len(block)
    return [length, checksum]

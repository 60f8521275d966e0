"""A digest at the end of a file, so that damage is found before onnxruntime, which may crash on it, sees the file.

It is one more metadata entry: appended to a serialised model, it is part of the model, and it always has the same
length. It tells damage, not malice: anyone can write a new one.
"""

import hashlib
from pathlib import Path

from s2s_toolkit.errors import ModelFileError

KEY = "s2s_toolkit.sha256"
DIGEST_SIZE = 64
CHUNK = 1 << 22


def sealed(content: bytes) -> bytes:
    """A serialised model and its seal."""
    return content + _entry(hashlib.sha256(content).hexdigest())


def check_seal(path: Path) -> None:
    """ModelFileError unless the file ends with the digest of all before it; OSError if it can't be read."""
    digest, rest = hashlib.sha256(), path.stat().st_size - len(_entry("0" * DIGEST_SIZE))
    with path.open("rb") as file:
        while rest > 0 and (chunk := file.read(min(CHUNK, rest))):
            digest.update(chunk)
            rest -= len(chunk)
        if file.read() != _entry(digest.hexdigest()):
            raise ModelFileError(
                f"{path} is damaged, was changed since its export, or was not written by `s2s export`; export it again"
            )


def _entry(digest: str) -> bytes:
    """`metadata_props { key: KEY value: digest }` of a ModelProto, on the wire: fields 14, 1 and 2, all bytes."""
    key, value = KEY.encode(), digest.encode()
    pair = bytes([0x0A, len(key)]) + key + bytes([0x12, len(value)]) + value
    return bytes([0x72, len(pair)]) + pair

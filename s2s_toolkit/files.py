"""Files appear whole or not at all, and replace others only when told to; damage to one is told by its digest."""

import errno
import hashlib
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from s2s_toolkit.errors import S2SError

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""What writing fails with where there is no room: on the disk, in a user's share of it, in one file."""


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Give a temporary path to write to; without an error it becomes `path`, else nothing remains of it.

    It lies in the same folder and keeps the suffix, from which some libraries take the format. Raises S2SError if the
    folder is missing, if `path` is a folder or a device, or if the file can't be written; errors of other files pass.
    """
    _check_place(path)
    temporary = _beside(path, "partial")
    try:
        with _writing(path, temporary):
            yield temporary
            _move(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def atomic_files(path: Path) -> Iterator[Path]:
    """As `atomic_path`, for a file that needs others: what is written beside the temporary one then lies beside `path`.

    The others come first, so that `path` never lacks them.
    """
    _check_place(path)
    temporary = _beside(path, "partial")
    try:
        with _writing(path, temporary):
            temporary.mkdir()
            yield temporary / path.name
            for file in sorted(temporary.iterdir(), key=lambda file: (file.name == path.name, file.name)):
                _move(file, path.with_name(file.name))
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """As `atomic_path`, for a folder: give a temporary one to fill, which then takes the place of the one there."""
    _check_parent(path)
    if path.exists() and not path.is_dir():
        raise S2SError(f"can't write {path}: it is not a folder; choose another name")
    temporary, old = _beside(path, "partial"), _beside(path, "old")
    try:
        with _writing(path, temporary):
            temporary.mkdir()
            yield temporary
            if path.exists():
                path.replace(old)
            temporary.replace(path)
    finally:
        if old.exists() and not path.exists():
            old.replace(path)
        for folder in (temporary, old):
            shutil.rmtree(folder, ignore_errors=True)


def file_digest(path: Path) -> str:
    """SHA-256 of a whole file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def require_absent(path: Path, force: bool) -> None:
    """Refuse, with S2SError, to replace what exists unless forced to."""
    if path.exists() and not force:
        raise S2SError(f"{path} exists; give --force to replace it")


def _check_place(path: Path) -> None:
    _check_parent(path)
    if path.exists() and not path.is_file():
        raise S2SError(f"can't write {path}: it is not an ordinary file; choose another name")


def _check_parent(path: Path) -> None:
    if not path.parent.is_dir():
        raise S2SError(f"can't write {path}: there is no folder {path.parent}; make it first or choose another place")


def _beside(path: Path, kind: str) -> Path:
    return path.with_name(f".{kind}-{secrets.token_hex(8)}{path.suffix}")


@contextmanager
def _writing(path: Path, temporary: Path) -> Iterator[None]:
    """S2SError where the disk is full or an error is about what is written; errors of other files pass."""
    try:
        yield
    except OSError as error:
        failed = Path(str(error.filename))
        if error.errno not in FULL and failed != path and not failed.is_relative_to(temporary):
            raise
        raise S2SError(f"can't write {path}: {error.strerror}; choose another place") from error


def _move(temporary: Path, path: Path) -> None:
    with temporary.open("r+b") as file:
        os.fsync(file.fileno())
    temporary.replace(path)

"""Files appear whole or not at all, and replace others only when told to; damage to one is told by its digest."""

import errno
import glob
import hashlib
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeGuard

from s2s_toolkit.errors import S2SError

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""What writing fails with where there is no room: on the disk, in a user's share of it, in one file."""

UNFLUSHABLE = (errno.EINVAL, errno.ENOTSUP)
"""What flushing fails with on a file system that can't be asked to."""

PARTIAL, OLD = "partial", "old"
"""What is not whole yet, and what makes room for it."""


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Give a temporary path to write to; without an error it becomes `path`, else nothing remains of it.

    It lies in the same folder and keeps the suffix, from which some libraries take the format. Raises S2SError if the
    folder is missing, if `path` is a folder or a device, or if the file can't be written; errors of other files pass.
    """
    _check_place(path)
    temporary = beside(path, PARTIAL)
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
    temporary = beside(path, PARTIAL)
    try:
        with _writing(path, temporary):
            temporary.mkdir()
            yield temporary / path.name
            for file in sorted(temporary.iterdir(), key=lambda file: (file.name == path.name, file.name)):
                _move(file, path.with_name(file.name))
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


@contextmanager
def atomic_folder(path: Path, *, replace: bool = True) -> Iterator[Path]:
    """As `atomic_path`, for a folder: give a temporary one to fill, which then takes the place of the one there.

    Without `replace`, S2SError where somebody has put something there meanwhile.
    """
    _check_parent(path)
    if path.exists() and not path.is_dir():
        raise S2SError(f"can't write {path}: it is not a folder; choose another name")
    temporary, old = beside(path, PARTIAL), beside(path, OLD)
    try:
        with _writing(path, temporary):
            temporary.mkdir()
            yield temporary
            for inner in temporary.rglob("*"):
                _flush(inner)
            _flush(temporary)
            if replace and path.exists():
                path.replace(old)
            temporary.replace(path)  # fails where there is a folder that holds anything
            _flush(path.parent)
    finally:
        if old.exists() and not path.exists():
            old.replace(path)
        for folder in (temporary, old):
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def replacing(path: Path, previous: Path) -> Iterator[None]:
    """Within, a file is replaced: the one that was there is called `previous` afterwards.

    All the time either name means a whole file, and never the same one. An error leaves both as they were.
    """
    if not path.exists():
        yield
        return
    temporary = beside(previous, PARTIAL)
    try:
        with _writing(previous, temporary):
            _give_name(path, temporary)
        yield
        temporary.replace(previous)
    finally:
        temporary.unlink(missing_ok=True)


def append_line(path: Path, line: str) -> None:
    """Add a line to a file, whole or, with S2SError, not at all; a kill may leave a part of it, without its end."""
    content = f"{line}\n".encode()
    with _writing(path, path), path.open("ab", buffering=0) as file:
        length = file.tell()
        try:
            if file.write(content) < len(content):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            _flush_open(file.fileno(), path)
        except BaseException:
            file.truncate(length)
            raise


def beside(path: Path, kind: str) -> Path:
    """A new name in the folder of a path, hidden, with its suffix; `leftovers` finds it again."""
    return path.with_name(f".{kind}-{secrets.token_hex(8)}-{path.name}")


def leftovers(path: Path, kind: str) -> list[Path]:
    """What a killed process left of a path under names that `beside` gave it, the oldest first."""
    found = path.parent.glob(f".{kind}-{'[0-9a-f]' * 16}-{glob.escape(path.name)}")
    return sorted(found, key=lambda file: file.lstat().st_mtime)


@contextmanager
def new_folder(path: Path) -> Iterator[None]:
    """Make a folder, with those above it, where it is missing; after an error within, what of them is empty goes.

    S2SError where it can't be made.
    """
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        said = "it is not a folder" if isinstance(error, FileExistsError) else error.strerror
        raise S2SError(f"can't make folder {path}: {said}; choose another place") from error
    try:
        yield
    except BaseException:
        for folder in missing:
            with suppress(OSError):  # somebody else may have put something there meanwhile
                folder.rmdir()
        raise


def file_digest(path: Path) -> str:
    """SHA-256 of a whole file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_plain_name(name: object) -> TypeGuard[str]:
    """Whether a name that a file gives is one of a file beside it: no path, and no way out of the folder."""
    return isinstance(name, str) and name not in ("", "..") and Path(name).name == name


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
    _flush(temporary)
    temporary.replace(path)
    _flush(path.parent)


def _give_name(path: Path, name: Path) -> None:
    """Let a file have another name too; a copy of it where the file system knows one name for each."""
    try:
        name.hardlink_to(path)
    except (OSError, NotImplementedError):
        shutil.copyfile(path, name)
        _flush(name)


def _flush(path: Path) -> None:
    """Have the disk hold what a file says, or which names a folder has, as far as the system can be asked to."""
    if path.is_dir() and os.name == "nt":  # Windows opens no folder
        return
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        _flush_open(descriptor, path)
    finally:
        os.close(descriptor)


def _flush_open(descriptor: int, path: Path) -> None:
    """The same of what is open."""
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in UNFLUSHABLE:
            raise OSError(error.errno, error.strerror, str(path)) from error  # or nobody could tell of which file it is

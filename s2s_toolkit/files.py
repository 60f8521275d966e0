"""Files appear whole or not at all, and replace others only when told to."""

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from s2s_toolkit.errors import S2SError


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Give a temporary path to write to; without an error it becomes `path`, else nothing remains of it.

    It lies in the same folder and keeps the suffix, from which some libraries take the format. Raises S2SError if the
    folder is missing, if `path` is a folder or a device, or if the file can't be written; errors of other files pass.
    """
    _check_place(path)
    temporary = path.with_name(f".partial-{secrets.token_hex(8)}{path.suffix}")
    try:
        yield temporary
        with temporary.open("r+b") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        if error.filename != str(temporary) and error.errno != errno.ENOSPC:
            raise
        raise S2SError(f"can't write {path}: {error.strerror}; choose another place") from error
    finally:
        temporary.unlink(missing_ok=True)


def require_absent(path: Path, force: bool) -> None:
    """Refuse, with S2SError, to replace what exists unless forced to."""
    if path.exists() and not force:
        raise S2SError(f"{path} exists; give --force to replace it")


def _check_place(path: Path) -> None:
    if not path.parent.is_dir():
        raise S2SError(f"can't write {path}: there is no folder {path.parent}; make it first or choose another place")
    if path.exists() and not path.is_file():
        raise S2SError(f"can't write {path}: it is not an ordinary file; choose another name")

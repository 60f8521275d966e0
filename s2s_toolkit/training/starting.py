"""The run directory of a training that starts: its own, written, and as it was before where the start fails."""

import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from s2s_toolkit.checkpoint_names import FOLDER, LAST, PREVIOUS, SUFFIX
from s2s_toolkit.errors import RunError
from s2s_toolkit.files import OLD, PARTIAL, atomic_path, beside, leftovers, new_folder
from s2s_toolkit.origins import Origin
from s2s_toolkit.run import Run, TakenError, check_place, create_run, is_run, load_checkpoint, update_run

LOCK = "training.lock"
"""The file in a run directory that a training has locked as long as it works there."""

WRITTEN = {".json", ".jsonl", ".toml"}
"""Suffixes of what a training writes beside the folder of checkpoints."""


def recover(path: Path) -> None:
    """Bring the place of a run in order, where a training that was to replace it was killed on the way.

    The old run comes back where the new one was not there yet, and goes where it was. RunError where a training begins
    there at this moment, whose files these are.
    """
    path = path.resolve()
    if not (leftovers(path, PARTIAL) or leftovers(path, OLD) or _beginning(path).exists()):
        return
    with _alone(path):
        for partial in leftovers(path, PARTIAL):
            shutil.rmtree(partial, ignore_errors=True)
        for old in reversed(leftovers(path, OLD)):
            if path.exists():
                shutil.rmtree(old, ignore_errors=True)
            else:
                _move_away(old, path)


@contextmanager
def created(run: Run, *, force: bool, origins: Sequence[Origin]) -> Iterator[None]:
    """Write a new run's directory; what fails within leaves nothing of it, and the run that it was to replace."""
    path = run.path.resolve()
    old = beside(path, OLD)
    with new_folder(run.path.parent), _alone(path):
        check_place(run.path, force=force)
        if is_run(path):
            with locked(path):  # nobody works there
                _move_away(path, old)
        existed, made = path.exists(), False
        try:
            create_run(run, origins=origins)
            made = True
            yield
        except BaseException as error:
            if made or (existed and not isinstance(error, TakenError)):  # what is there is ours
                _empty(path)
            if made and not existed:
                path.rmdir()
            if old.exists() and not path.exists():
                old.replace(path)
            raise
        shutil.rmtree(old, ignore_errors=True)


@contextmanager
def resumed(run: Run, step: int, *, origins: Sequence[Origin], checkpoint: str = LAST) -> Iterator[None]:
    """Write the config and the origins of a run that goes on after a step, and forget the validations after that.

    What fails within leaves them as they were. The checkpoint that it goes on from is the last one from now on.
    """
    kept = _validations(run, step)
    files = run.path / "config.toml", run.path / "run.json", run.metrics_path
    before = {path: path.read_bytes() for path in files if path.is_file()}
    chosen, last = run.checkpoint_path(checkpoint), run.checkpoint_path(LAST)
    aside = beside(last, PARTIAL)
    try:
        if chosen != last:  # which would miss what is forgotten
            if last.exists():
                last.replace(aside)
            chosen.replace(last)
        update_run(run, origins=origins)
        _write(run.metrics_path, "".join(f"{line}\n" for line in kept).encode())
        yield
    except BaseException:
        if not chosen.exists():
            last.replace(chosen)
        if aside.exists():
            aside.replace(last)
        for path in files:
            if path in before:
                _write(path, before[path])
            else:
                path.unlink(missing_ok=True)
        raise
    aside.unlink(missing_ok=True)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keep other trainings from a run directory; RunError where one works there. Nothing of the lock is left.

    What a killed training had begun to write there is removed.
    """
    with _lock(path / LOCK, f"another training works in {path}; wait for its end or choose another place"):
        _clear(path)
        yield


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Keep other trainings from beginning at a place while its directory comes and goes; RunError where one does."""
    if not os.access(path.parent, os.W_OK):
        yield  # no directory can come or go
        return
    with _lock(_beginning(path), f"another training begins in {path}; wait for its end or choose another place"):
        yield


def _beginning(path: Path) -> Path:
    """The file beside a run directory that a training has locked while it begins there."""
    return path.with_name(f".{path.name}.{LOCK}")


@contextmanager
def _lock(file: Path, taken: str) -> Iterator[None]:
    """Hold a lock of which nothing is left; RunError, which says what is given, where another process has it."""
    lock = FileLock(file)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise RunError(taken) from error
    try:
        yield
    finally:
        with suppress(OSError):  # Windows removes no file that is open
            file.unlink(missing_ok=True)
        lock.release()


def _clear(path: Path) -> None:
    """Remove the files that a training had not finished; those of an export, which may be at work, stay."""
    _end_replacing(path / FOLDER)
    for folder, suffixes in ((path, WRITTEN), (path / FOLDER, {SUFFIX})):
        for file in folder.glob(f".{PARTIAL}-*"):
            if file.suffix in suffixes:
                file.unlink(missing_ok=True)


def _end_replacing(checkpoints: Path) -> None:
    """Name the checkpoint before the last one, where a training was killed when only the last one had its name."""
    last, previous = (checkpoints / f"{name}{SUFFIX}" for name in (LAST, PREVIOUS))
    for file in leftovers(previous, PARTIAL):
        with suppress(RunError):  # it may be a part of a copy
            if load_checkpoint(file).progress.get("step") != load_checkpoint(last).progress.get("step"):
                file.replace(previous)


def _move_away(path: Path, old: Path) -> None:
    try:
        path.replace(old)
    except OSError as error:
        raise RunError(f"can't replace {path}: {error.strerror}; choose another place") from error


def _empty(path: Path) -> None:
    """Remove what is in a folder."""
    for entry in path.iterdir() if path.is_dir() else ():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry, ignore_errors=True)
        else:
            entry.unlink()


def _validations(run: Run, step: int) -> list[str]:
    """The lines of the log up to a step; a kill leaves a last one without its end behind, which is none."""
    text = run.metrics_path.read_text(encoding="utf-8") if run.metrics_path.is_file() else ""
    try:
        return [line for line in text.split("\n")[:-1] if json.loads(line)["step"] <= step]
    except (TypeError, ValueError, KeyError) as error:
        raise RunError(f"can't resume {run.path}: {run.metrics_path.name} is damaged ({error})") from error


def _write(path: Path, content: bytes) -> None:
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)

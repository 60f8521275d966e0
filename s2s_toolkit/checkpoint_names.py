"""What the checkpoints of a run directory are called, and which there are."""

import re
from collections.abc import Sequence
from pathlib import Path

from s2s_toolkit.errors import RunError

BEST, LAST, PREVIOUS, AVERAGED = "best", "last", "previous", "averaged"
SUFFIX = ".safetensors"
FOLDER = "checkpoints"

_KEPT = re.compile(r"epoch-(\d{4,})")
_PLAIN = re.compile(r"\w[\w.-]*")


def kept_name(epoch: int) -> str:
    """What a checkpoint that stays beside the best one is called, so that names sort as epochs do."""
    return f"epoch-{epoch:04}"


def epoch_of(name: str) -> int | None:
    """The epoch after which a checkpoint was kept; None of one that is called otherwise."""
    match = _KEPT.fullmatch(name)
    return int(match[1]) if match else None


def checkpoint_names(run: Path) -> list[str]:
    """The checkpoints of a run directory: the best, the last, the one before, those of epochs in order, and others."""
    names = [file.stem for file in (run / FOLDER).glob(f"*{SUFFIX}") if not file.name.startswith(".")]
    return sorted(names, key=_place)


def require_checkpoint(run: Path, name: str) -> Path:
    """Where a checkpoint lies; RunError, with those that there are, where there is none of that name."""
    names = checkpoint_names(run)
    if name not in names:
        raise RunError(_unknown(run, name, names))
    return run / FOLDER / f"{name}{SUFFIX}"


def require_own_name(name: str) -> None:
    """Refuse a name for a checkpoint that training gives, or that is no plain file name."""
    if name in (BEST, LAST, PREVIOUS) or epoch_of(name) is not None:
        raise RunError(f"{name!r} is what training calls a checkpoint; choose another name")
    if not _PLAIN.fullmatch(name):
        raise RunError(f"a checkpoint's name is of letters, digits, '-', '_' and '.', given {name!r}")


def _place(name: str) -> tuple[int, bool, int, str]:
    epoch, first = epoch_of(name), (BEST, LAST, PREVIOUS)
    return first.index(name) if name in first else len(first), epoch is None, epoch or 0, name


def _unknown(run: Path, name: str, names: Sequence[str]) -> str:
    if name == BEST or not names:
        return f"there is no {run / FOLDER / name}{SUFFIX}; was training finished?"
    return f"{run} has no checkpoint {name!r}; it has: {', '.join(names)}"

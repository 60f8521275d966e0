"""Paths in a config: the forms in which they may be given, and the folder that they are relative to."""

from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator

OneOrTwo = Path | tuple[Path, Path]


def _one_or_two(value: Any) -> Any:
    paths = value if isinstance(value, list | tuple) and len(value) == 2 else [value]
    if not all(isinstance(path, str | Path) for path in paths):
        raise ValueError("expected a path or a pair [source, target] of paths")
    return value


def _any_number(value: Any) -> Any:
    paths = value if isinstance(value, list | tuple) else [value]
    if not all(isinstance(path, str | Path) for path in paths):
        raise ValueError("expected a path or a list of paths")
    return paths


Files = Annotated[OneOrTwo, BeforeValidator(_one_or_two)]
"""One file, or a pair: source and target."""

FileList = Annotated[tuple[Path, ...], BeforeValidator(_any_number)]
"""Any number of files; a single one may stand without a list."""


def resolved(files: OneOrTwo, folder: Path) -> OneOrTwo:
    """The files as seen from a folder."""
    return (folder / files[0], folder / files[1]) if isinstance(files, tuple) else folder / files

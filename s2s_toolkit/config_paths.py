"""Paths in a config: the forms in which they may be given, and the folder that they are relative to."""

from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, Discriminator, Field, Tag

OneOrTwo = Path | tuple[Path, Path]
Table = TypeVar("Table", bound=BaseModel)


def _is_path(value: Any) -> bool:
    """Whether it may name a file, which a text with "\\0" in it can't."""
    return isinstance(value, str | Path) and "\0" not in str(value)


def _one_or_two(value: Any) -> Any:
    paths = value if isinstance(value, list | tuple) and len(value) == 2 else [value]
    if not all(map(_is_path, paths)):
        raise ValueError("expected a path or a pair [source, target] of paths")
    return value


def _form(value: Any) -> str:
    """Which of two forms is meant; in brackets, which the message about an error leaves out."""
    several = isinstance(value, list | tuple) and value and all(isinstance(each, dict | BaseModel) for each in value)
    return "[tables]" if several else "[files]"


def _any_number(value: Any) -> Any:
    paths = value if isinstance(value, list | tuple) else [value]
    if not all(map(_is_path, paths)):
        raise ValueError("expected a path or a list of paths")
    return paths


Files = Annotated[OneOrTwo, BeforeValidator(_one_or_two)]
"""One file, or a pair: source and target."""

FilesOrTables = Annotated[
    Annotated[Files, Tag("[files]")] | Annotated[tuple[Table, ...], Tag("[tables]")], Discriminator(_form)
]
"""As `Files`, or a list of tables."""

Folder = Annotated[str, Field(strict=True, pattern=r"^[^\x00]*$")]
"""A folder, or "" for none: TOML has no null."""

FileList = Annotated[tuple[Path, ...], BeforeValidator(_any_number)]
"""Any number of files; a single one may stand without a list."""


def resolved(files: OneOrTwo, folder: Path) -> OneOrTwo:
    """The files as seen from a folder."""
    return (folder / files[0], folder / files[1]) if isinstance(files, tuple) else folder / files


def swapped(files: OneOrTwo) -> OneOrTwo:
    """Two files in the other order; the columns of one have names."""
    return (files[1], files[0]) if isinstance(files, tuple) else files

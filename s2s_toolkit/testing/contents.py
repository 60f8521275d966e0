"""What a file holds, or a folder with all that is in it."""

from pathlib import Path


def files_of(path: Path) -> list[Path]:
    """A file, or all files in a folder."""
    return [path] if path.is_file() else [file for file in sorted(path.rglob("*")) if file.is_file()]


def contents(path: Path) -> dict[str, bytes]:
    """The bytes of a file, or of all files in a folder, by their places in it."""
    return {str(file.relative_to(path)): file.read_bytes() for file in files_of(path)}


def assert_nothing_in(folder: Path) -> None:
    """What failed leaves no file, and makes no folder."""
    left = sorted(entry.name for entry in folder.iterdir())
    assert not left, f"left behind: {', '.join(left)}"

"""The code of a model's parts in each framework, found through what the registry says of them."""

import inspect
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from s2s_toolkit.comparison.alignment import Row, aligned
from s2s_toolkit.comparison.definitions import definitions, first_sentence, imported_modules, needed_for
from s2s_toolkit.config import Config
from s2s_toolkit.model import SECTIONS
from s2s_toolkit.registry import Registry


@dataclass(frozen=True)
class File:
    """A Python file of a plugin.

    Attributes:
        module: Its dotted name.
        source: Its text; "" where it is not at hand.
    """

    module: str
    source: str

    @property
    def package(self) -> str:
        """What it lies in; "" for a file by itself."""
        return self.module.rpartition(".")[0]

    @property
    def stem(self) -> str:
        """Its name without its suffix."""
        return self.module.rpartition(".")[2]

    @property
    def shown_path(self) -> str:
        """Where it lies below its distribution."""
        return f"{self.module.replace('.', '/')}.py"


@dataclass(frozen=True)
class Listing:
    """Code that belongs together.

    Attributes:
        title: What it is: a kind of part and its name, or the name of a file.
        about: A sentence on it, which may be empty.
        paths: The file of each framework; one for what serves all.
        rows: The code; nothing where that is not at hand.
    """

    title: str
    about: str
    paths: tuple[str, ...]
    rows: list[Row]

    @property
    def is_portable(self) -> bool:
        """Whether one code serves every framework."""
        return len(self.paths) == 1


def listings(config: Config, frameworks: Sequence[str], registry: Registry) -> list[Listing]:
    """The parts that a config names, then the files that every framework's package has, in the order of their use."""
    found, begun = [], [list[File]() for _ in frameworks]
    for kind, section in SECTIONS.items():
        name = getattr(config.model, section).name
        loaded = [registry.load(kind, name, framework) for framework in frameworks]
        about = registry.find(kind, name, frameworks[0]).summary
        found.append(_part(f"{kind} {name}", about, loaded))
        if not found[-1].is_portable:
            for files, part in zip(begun, loaded, strict=True):
                files.append(_file_of(part))
    shown = {file.module for files in begun for file in files}
    for files, framework in zip(begun, frameworks, strict=True):
        files.append(_file_of(registry.load("framework", framework)))
    return found + [listing for listing in _mirrored(begun) if shown.isdisjoint(_modules(listing))]


def _part(title: str, about: str, loaded: Sequence[Any]) -> Listing:
    """A part: the class that the registry names, and what of its file that uses."""
    if all(part is loaded[0] for part in loaded):
        loaded = loaded[:1]
    files = [_file_of(part) for part in loaded]
    needed = [needed_for(part.__name__, definitions(file.source)) for file, part in zip(files, loaded, strict=True)]
    rows = aligned(needed)
    return Listing(title, about, tuple(file.shown_path for file in files), rows)


def _mirrored(begun: Sequence[Sequence[File]]) -> Iterator[Listing]:
    """A listing for each file that all packages have under one name, from those that are given on to what they import.

    Args:
        begun: For each framework the files to begin with.
    """
    reached = [{file.stem: file for file in _reached(files)} for files in begun]
    for stem in reached[0]:
        if all(stem in others for others in reached):
            files = [others[stem] for others in reached]
            rows = aligned([definitions(each.source) for each in files])
            paths = tuple(each.shown_path for each in files)
            about = " ".join(dict.fromkeys(first_sentence(each.source) for each in files))
            yield Listing(stem.replace("_", " "), about, paths, rows)


def _reached(files: Sequence[File]) -> Iterator[File]:
    """Each file and then what it imports of its own package, near ones first."""
    seen: set[str] = set()
    for first in files:
        rest = [first]
        while rest:
            file = rest.pop(0)
            if file.module in seen or not file.source:
                continue
            seen.add(file.module)
            yield file
            rest += [_file(name) for name in imported_modules(file.source) if name.startswith(f"{first.package}.")]


def _file_of(part: Any) -> File:
    return _file(part.__module__)


def _file(module: str) -> File:
    """A module that has been imported; without text where it is none, or its text is not at hand."""
    try:
        path = inspect.getsourcefile(sys.modules[module])
        return File(module, Path(path).read_text(encoding="utf-8") if path else "")
    except (KeyError, TypeError, OSError):
        return File(module, "")


def _modules(listing: Listing) -> set[str]:
    return {path.removesuffix(".py").replace("/", ".") for path in listing.paths}

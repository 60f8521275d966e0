"""What tests of new packages share: one of every kind, written by the command; the parts that they offer."""

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from s2s_toolkit.cli import cli
from s2s_toolkit.plugins import load_registry, register_plugin
from s2s_toolkit.registry import Registry
from s2s_toolkit.scaffold.kinds import KINDS
from s2s_toolkit.scaffold.naming import Names

PARTS = {kind: f"my-{kind.replace(' ', '-')}" for kind in KINDS}


@pytest.fixture(scope="session")
def parts() -> dict[str, str]:
    """Kind -> the name of the part that is written."""
    return PARTS


@pytest.fixture(scope="session")
def write(registry: Registry) -> Callable[[str, str, Path], None]:
    """Write a package by the command: of a kind, for a name, into a folder."""

    def call(kind: str, name: str, path: Path) -> None:
        arguments = ["plugins", "new", name, "--kind", kind.replace(" ", "-"), "--output", str(path)]
        result = CliRunner().invoke(cli, arguments, obj=registry)
        assert (result.exit_code, result.stderr) == (0, "")

    return call


@pytest.fixture(scope="session")
def packages(write: Callable[[str, str, Path], None], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a package of every kind, each in a folder named like its part."""
    root = tmp_path_factory.mktemp("packages")
    for kind, name in PARTS.items():
        write(kind, name, root / name)
    return root


@pytest.fixture(scope="session")
def offered(packages: Path) -> Iterator[Registry]:
    """A registry with the parts of every package, in this process."""
    registry, folders = load_registry(), [str(packages / name) for name in PARTS.values()]
    sys.path.extend(folders)
    for names in map(Names, PARTS.values()):
        register_plugin(registry, importlib.import_module(f"{names.package}.plugin"), names.distribution)
    yield registry
    for folder in folders:
        sys.path.remove(folder)
    for module in [module for module in sys.modules if module.startswith("s2s_my_")]:
        del sys.modules[module]

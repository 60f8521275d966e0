"""Everything that a distribution brings along has a licence that is allowed."""

import importlib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from types import ModuleType

import pytest

from s2s_toolkit.testing.requirements import unavailable

ROOT = Path(__file__).parents[1]
OURS = ("s2s-toolkit", "s2s-torch", "s2s-tensorflow", "s2s-onnx", "s2s-cosine", "s2s-tensorboard", "s2s-mlflow")


@pytest.fixture(scope="module")
def licences() -> Iterator[ModuleType]:
    """`docs/licences.py`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "docs")
        yield importlib.import_module("licences")


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A distribution that is nothing but metadata."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(name: str, *lines: str) -> str:
        folder = tmp_path / f"{name.replace('-', '_')}-1.0.dist-info"
        folder.mkdir()
        text = "\n".join(["Metadata-Version: 2.4", f"Name: {name}", "Version: 1.0", *lines, ""])
        (folder / "METADATA").write_text(text, encoding="utf-8")
        return name

    return write


@pytest.mark.parametrize("distribution", OURS)
def test_everything_brought_along_is_allowed(licences: ModuleType, distribution: str) -> None:
    try:
        packages = licences.everything(distribution)
    except PackageNotFoundError as error:
        unavailable(f"{error.name} is not installed")
    said = {package: licences.licence(package) for package in packages}
    assert distribution in said
    assert {package: licence for package, licence in said.items() if licences.unknown(licence)} == {}


def test_what_comes_along_is_found_through_what_brings_it(licences: ModuleType, install) -> None:
    install("first", "Requires-Dist: Second_Part[more]>=1", "Requires-Dist: never; python_version < '3'")
    install("second-part", "Provides-Extra: more", "Provides-Extra: less", 'Requires-Dist: third; extra == "more"',
            'Requires-Dist: absent; extra == "less"')  # fmt: skip
    install("third", "Requires-Dist: first")
    assert licences.everything("first") == {"first", "second-part", "third"}


@pytest.mark.parametrize(
    ("lines", "licence"),
    [
        (["License-Expression: MIT AND 0BSD", "License: GPL-3.0"], "MIT AND 0BSD"),
        (["License: Apache 2.0"], "Apache-2.0"),
        ([f"License: {'All of its text. ' * 9}", "Classifier: License :: OSI Approved :: BSD License"], "BSD"),
        (["Classifier: License :: OSI Approved :: MIT License"], "MIT"),
        ([], "unknown"),
    ],
)
def test_what_a_package_says_of_its_licence(licences: ModuleType, install, lines: list[str], licence: str) -> None:
    assert licences.licence(install("said", *lines)) == licence


@pytest.mark.parametrize(
    ("expression", "refused"),
    [
        ("MIT", []),
        ("unknown", ["unknown"]),
        ("MIT AND GPL-3.0-only AND Zlib", ["GPL-3.0-only"]),
        ("GPL-2.0-only OR MIT", []),
        ("GPL-2.0-only OR LGPL-3.0-only", ["GPL-2.0-only"]),
        ("Apache-2.0 WITH LLVM-exception", []),
        ("GNU General Public License v3 (GPLv3)", ["GNU General Public License v3 (GPLv3)"]),
    ],
)
def test_what_may_not_be_in_a_product_is_named(licences: ModuleType, expression: str, refused: list[str]) -> None:
    assert licences.unknown(expression) == refused

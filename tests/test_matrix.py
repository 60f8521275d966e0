"""The plan of `make test-matrix`, without what it installs."""

import importlib
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def matrix() -> Iterator[ModuleType]:
    """`tests/matrix.py`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "tests")
        yield importlib.import_module("matrix")


def test_every_python_that_is_promised_has_rows(matrix: ModuleType) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    promised = {line.rpartition(" ")[2] for line in project["classifiers"] if " :: Python :: 3." in line}
    assert {row.python for row in matrix.PLAN} == promised
    assert len({row.name for row in matrix.PLAN}) == len(matrix.PLAN)


def test_the_oldest_row_has_a_least_version_of_everything(matrix: ModuleType) -> None:
    pins = {pin.name: pin for pin in map(Requirement, matrix.oldest())}
    required = [each for each in matrix.required() if not each.name.startswith("s2s-")]
    assert required
    for each in required:
        (least,) = [bound.version for bound in pins[each.name].specifier]
        assert each.specifier.contains(least), f"{each} is required, and {least} is tried"
        assert not each.specifier.contains(f"{Version(least)}.dev1", prereleases=True)


def test_the_plan_is_shown_and_nothing_made(matrix: ModuleType, capsys: pytest.CaptureFixture) -> None:
    existed = matrix.BUILD.exists()
    assert matrix.main(["--list"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == [row.name for row in matrix.PLAN]
    assert matrix.BUILD.exists() == existed


def test_a_row_that_is_none_is_refused(matrix: ModuleType, capsys: pytest.CaptureFixture) -> None:
    assert matrix.main(["3.9-oldest"]) == 2
    assert capsys.readouterr().err.startswith("no row '3.9-oldest'; rows: 3.11-oldest, ")

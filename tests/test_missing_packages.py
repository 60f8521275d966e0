"""Tests without a package that they need are skipped on a laptop and fail in CI."""

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]
CONFTEST = Path(__file__).parents[1] / "conftest.py"
NEEDING = """
import pytest

def test_needing():
    pytest.importorskip("a_package_that_is_nowhere")

def test_of_another_reason():
    pytest.skip("not on this machine")

def test_of_its_own():
    pass
"""


@pytest.mark.parametrize(("ci", "skipped", "failed"), [("", 2, 0), ("true", 1, 1)])
def test_only_in_ci_a_missing_package_is_a_failure(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, ci: str, skipped: int, failed: int
) -> None:
    monkeypatch.setenv("CI", ci)
    pytester.makeconftest(CONFTEST.read_text(encoding="utf-8"))
    pytester.makepyfile(NEEDING)
    found = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    found.assert_outcomes(passed=1, skipped=skipped, failed=failed)


def test_a_whole_module_too(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    pytester.makeconftest(CONFTEST.read_text(encoding="utf-8"))
    pytester.makepyfile("import pytest\npytest.importorskip('a_package_that_is_nowhere')\ndef test_a(): pass")
    found = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    found.assert_outcomes(errors=1)
    found.stdout.fnmatch_lines(["*could not import 'a_package_that_is_nowhere'*and CI must test it*"])

"""Suites run on parts in a process of their own: each of their tests is a finding."""

from importlib import import_module

import pytest

from s2s_toolkit.checks import suites
from s2s_toolkit.checks.suites import Subject, run_suites
from s2s_toolkit.errors import S2SError

SUITE = '''
import os
import signal
import pytest

FRAMEWORKS = pytest.mark.parametrize("framework", ["torch", "tensorflow"])


class SmallSuite:
    name = ""
    plugin_files = ()

    def test_name_is_short(self):
        """Not what is told of it."""
        assert len(self.name) < 5, "four letters are enough"

    def test_name_has_no_dash(self):
        pytest.skip("dashes are fine")

    @FRAMEWORKS
    def test_framework_is_its_own(self, framework):
        assert framework == "torch", f"{framework} is another"

    @pytest.mark.xfail(reason="it is known")
    def test_name_is_a_number(self):
        int(self.name)

    def test_files_are_given(self):
        raise ValueError(f"{len(self.plugin_files)}\\nfile")

    @pytest.fixture
    def broken(self):
        raise OSError("no room")

    def test_with_a_fixture(self, broken):
        """Never reached."""

    @pytest.mark.parametrize("size", [3, 5])
    def test_size_is_odd(self, size):
        assert size % 2


class OptionsSuite:
    def test_options_are_given(self):
        raise AssertionError(self.options)


class DyingSuite:
    def test_first(self):
        """Holds."""

    def test_second(self):
        os.kill(os.getpid(), signal.SIGKILL)

    def test_third(self):
        """Not reached."""


class UnmakeableSuite:
    def pytest_generate_tests(self, metafunc):
        raise ValueError("no framework to run in")

    def test_anything(self):
        """Never made."""
'''


@pytest.fixture
def small(tmp_path, monkeypatch):
    """Suites of this file, by kind, where the other process finds them."""
    (tmp_path / "small_suites.py").write_text(SUITE)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    kinds = {
        "tokenizer": "SmallSuite",
        "metric": "DyingSuite",
        "encoder": "UnmakeableSuite",
        "exporter": "OptionsSuite",
    }
    return {kind: f"small_suites:{suite}" for kind, suite in kinds.items()}


def test_each_test_is_a_finding_with_its_reason(small, tmp_path):
    found = run_suites([Subject("tokenizer", "vowels", ("any",))], [tmp_path / "x.py"], small)
    assert {finding.part for finding in found} == {"tokenizer vowels"}
    assert [(f.framework, f.check, f.outcome, f.reason) for f in found] == [
        ("", "name is short", "fails", "four letters are enough"),
        ("", "name has no dash", "skipped", "dashes are fine"),
        ("torch", "framework is its own", "holds", ""),
        ("tensorflow", "framework is its own", "fails", "tensorflow is another"),
        ("", "name is a number", "skipped", "expected to fail: it is known"),
        ("", "files are given", "fails", "ValueError: 1 file"),
        ("", "with a fixture", "fails", "OSError: no room"),
        ("", "size is odd (3)", "holds", ""),
        ("", "size is odd (5)", "holds", ""),
    ]
    tracebacks = {finding.check: finding.traceback for finding in found}
    assert 'raise OSError("no room")' in tracebacks["with a fixture"]
    assert tracebacks["size is odd (3)"] == ""


def test_only_what_is_asked_for_is_checked(small):
    found = run_suites([Subject("tokenizer", "it", ("any",), ("test_size_is_odd", "test_name_is_short"))], suites=small)
    assert [finding.check for finding in found] == ["name is short", "size is odd (3)", "size is odd (5)"]


def test_a_part_is_made_with_the_options_that_are_asked_for(small):
    asked = ("test_options_are_given",)
    found = run_suites([Subject("exporter", "it", ("any",), asked, {"size": 3})], suites=small)
    assert [finding.reason for finding in found] == ["{'size': 3}"]


def test_a_part_made_for_one_framework_is_checked_in_that(small):
    found = run_suites([Subject("tokenizer", "it", ("torch",))], suites=small)
    assert [f.outcome for f in found if f.check == "framework is its own"] == ["holds"]
    assert len(found) == 8


def test_a_part_for_the_exported_file_alone_is_checked_wherever_its_suite_runs(small):
    found = run_suites([Subject("tokenizer", "it", ("onnx",))], suites=small)
    assert [f.framework for f in found if f.check == "framework is its own"] == ["torch", "tensorflow"]


def test_a_part_that_kills_the_process_is_named(small):
    found = run_suites([Subject("metric", "deadly", ("any",)), Subject("tokenizer", "it", ("any",))], suites=small)
    assert [(f.part, f.check, f.outcome, f.reason) for f in found[:4]] == [
        ("metric deadly", "first", "holds", ""),
        ("metric deadly", "second", "fails", "the process died of it: SIGKILL"),
        ("metric deadly", "third", "skipped", "it did not run, since the process had died"),
        ("tokenizer it", "name is short", "skipped", "it did not run, since the process had died"),
    ]


def test_tests_that_cannot_be_made_do_not_hide_those_of_other_parts(small):
    found = run_suites([Subject("encoder", "odd", ("any",)), Subject("tokenizer", "it", ("any",))], suites=small)
    (odd,) = [finding for finding in found if finding.part == "encoder odd"]
    assert (odd.check, odd.outcome, odd.reason) == (
        "its tests can be made",
        "fails",
        "ValueError: no framework to run in",
    )
    assert len(found) == 1 + 9


def test_settings_of_the_surroundings_do_not_count(small, tmp_path, monkeypatch):
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n")
    (tmp_path / "conftest.py").write_text("raise RuntimeError")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTEST_ADDOPTS", "--no-such-option")
    assert len(run_suites([Subject("tokenizer", "it", ("any",))], suites=small)) == 9
    left = {path.name for path in tmp_path.iterdir()} - {"__pycache__"}
    assert left == {"conftest.py", "pytest.ini", "small_suites.py"}


def test_what_is_missing_to_check_is_told(monkeypatch):
    monkeypatch.setattr(suites, "NEEDED", ("pytest", "no_such_module"))
    with pytest.raises(S2SError, match=r'^a check needs no_such_module; pip install "s2s-toolkit\[testing\]"$'):
        run_suites([Subject("tokenizer", "words", ("any",))])


@pytest.mark.parametrize("kind", suites.SUITES)
def test_the_suite_of_a_kind_is_for_that_kind(kind):
    module, _, name = suites.SUITES[kind].partition(":")
    assert getattr(import_module(module), name).kind == kind

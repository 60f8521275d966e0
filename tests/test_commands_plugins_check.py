"""`s2s plugins check`: suites run on the parts of a plugin, and what is told of them."""

import re
import sys
from importlib import import_module
from itertools import pairwise

import pytest

from s2s_toolkit.checks import suites
from s2s_toolkit.checks.suites import Subject, run_suites
from s2s_toolkit.errors import S2SError
from s2s_toolkit.plugins import load_registry

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
SCORER = """
from s2s_toolkit.components import ANY, Component
from s2s_toolkit.hookspecs import hookimpl


class Swapped:
    def __init__(self, query_size: int, memory_size: int, *, size: int = 4) -> None:
        pass

    def weights(self):
        return {}

    def keys(self, xp, weights, memory):
        return memory

    def score(self, xp, weights, query, keys):
        return xp.matmul(keys, xp.matrix_transpose(query[:, :, : keys.shape[-1]]))


@hookimpl
def s2s_attention_scorers():
    return [Component("swapped", "numpy", f"{__name__}:Swapped", "scores with swapped axes")]
"""
METRICS = """
from s2s_toolkit.components import ANY, Component
from s2s_toolkit.hookspecs import hookimpl
from s2s_toolkit.metrics import Metric


def compute(hypotheses, references):
    if sum(map(len, hypotheses)) % 2:
        raise IndexError("odd")
    raise ZeroDivisionError("even")


moody = Metric("moody", True, "", compute)


@hookimpl
def s2s_metrics():
    return [Component(name, ANY, f"{__name__}:{name}", "for a test") for name in ("moody", "gone")]
"""
OTHERS = '''
import click

from s2s_toolkit.components import ANY, Component
from s2s_toolkit.hookspecs import hookimpl
from s2s_toolkit.observers import Observer


class Quiet(Observer):
    """Hears and says nothing.

    Args:
        folder: Where nothing is written.
    """

    def __init__(self, *, folder: str = "") -> None:
        pass


class Odd:
    def __init__(self, *, folder, times: int) -> None:
        pass

    def on_start(self, event):
        pass


@click.command()
def count():
    """Count."""


@hookimpl
def s2s_training_observers():
    return [Component(name.lower(), ANY, f"{__name__}:{name}", "for a test") for name in PARTS]


@hookimpl
def s2s_add_commands():
    return [Component("count", ANY, f"{__name__}:count", "for a test")]
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


@pytest.fixture
def checked(s2s, tmp_path, monkeypatch):
    """What `check` says of a file; its rows, and what it says beside them."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    names = []

    def check(name, code, *arguments):
        names.append(name)
        path = tmp_path / f"{name}.py"
        path.write_text(code)
        done = s2s("plugins", "check", path, *arguments, parts=load_registry())
        return done, [tuple(line.split("\t")) for line in done.stdout.splitlines()[1:]], str(path)

    yield check
    for name in names:
        sys.modules.pop(name, None)


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


def test_a_file_with_a_wrong_part_is_checked_by_the_suite_of_its_kind(checked):
    done, rows, path = checked("swapped_checked", SCORER)
    assert ("attention scorer swapped", "", "part is offered once", "holds") in rows
    (contract,) = [row for row in rows if row[2] == "contract"]
    assert contract[:2] == ("attention scorer swapped", "numpy")
    assert contract[3].startswith("fails: attention scorer 'swapped' of swapped_checked.py: `score` gives scores of")
    (others,) = [row for row in rows if row[3] == "fails: as above"]
    assert others[:2] == ("attention scorer swapped", "")
    alike = int(others[2].removesuffix(" more"))
    failing = [row for row in rows if row[3].startswith("fails") and row != others]
    counts = f"{len(failing) + alike} of {len(rows) - 1 + alike}"
    assert done.exit_code == 2
    assert done.stderr.splitlines()[-1] == f"s2s: {path}: {counts} checks fail; -v shows where"


def test_a_part_that_cannot_be_loaded_is_one_row(checked):
    done, rows, _ = checked("gone_checked", METRICS)
    assert [row for row in rows if row[0] == "metric gone"] == [
        (
            "metric gone",
            "",
            "can be loaded",
            "fails: metric 'gone' of gone_checked.py can't be loaded from gone_checked:gone: "
            "AttributeError: module 'gone_checked' has no attribute 'gone'",
        )
    ]
    assert done.exit_code == 2


def test_two_mistakes_in_one_check_are_told_as_the_first(checked):
    _, rows, _ = checked("two_checked", METRICS)
    failing = {row[3] for row in rows if row[0] == "metric moody" and row[3].startswith("fails")} - {"fails: as above"}
    assert failing
    assert all(re.search(r": (ZeroDivisionError: even|IndexError: odd) \(", reason) for reason in failing), failing


def test_a_mistake_behind_several_failures_is_told_once(checked):
    _, rows, _ = checked("repeated_checked", SCORER)
    results = [row[3] for row in rows if row[3] != "holds"]
    assert "fails: as above" in results
    assert not any(one == other != "fails: as above" for one, other in pairwise(results))


def test_verbose_shows_where_it_failed(checked):
    done, _, _ = checked("verbose_checked", SCORER, "-v")
    assert "\nattention scorer swapped, numpy: contract\n" in done.stdout
    assert "in test_contract" in done.stdout
    assert done.stderr.splitlines()[-1].endswith("checks fail")


def test_kinds_without_a_suite_are_looked_at(checked):
    done, rows, path = checked("others_checked", OTHERS.replace("PARTS", "('Quiet',)"))
    assert rows == [
        ("command count", "any", "can be loaded", "holds"),
        ("command count", "any", "is a click command", "holds"),
        ("command count", "any", "has a help text", "holds"),
        ("training observer quiet", "any", "can be loaded", "holds"),
        ("training observer quiet", "any", "has every method that is called", "holds"),
        ("training observer quiet", "any", "options have types and defaults", "holds"),
        ("training observer quiet", "any", "it and its options are documented", "holds"),
    ]
    assert (done.exit_code, done.stderr) == (0, f"s2s: {path}: 7 checks hold\n")


def test_what_such_a_part_lacks_is_told(checked):
    done, rows, _ = checked("odd_checked", OTHERS.replace("PARTS", "('Odd', 'Gone')"), "--kind", "training-observer")
    assert done.exit_code == 2
    assert [row[3] for row in rows][1:] == [
        "fails: it lacks on_step, on_validation, on_checkpoint, on_end, on_error, on_warning",
        "fails: no type or no default: folder, times",
        "fails: it has no docstring",
        "fails: training observer 'gone' of odd_checked.py can't be loaded from odd_checked:Gone: "
        "AttributeError: module 'odd_checked' has no attribute 'Gone'",
    ]


def test_a_file_that_cannot_be_loaded_is_a_row_with_the_reason(checked):
    done, rows, path = checked("broken_checked", "import no_such_module")
    ((part, _, check, result),) = rows
    assert (done.exit_code, part, check) == (2, path, "can be loaded")
    reason = "plugin broken_checked.py can't be imported: ModuleNotFoundError: No module named 'no_such_module'"
    assert result.startswith(f"fails: {reason}")


def test_a_package_that_failed_is_a_row_with_the_reason(s2s):
    parts = load_registry()
    parts.failures["s2s-broken"] = "ImportError: no module"
    done = s2s("plugins", "check", "s2s-broken", parts=parts)
    assert done.exit_code == 2
    assert done.stdout.splitlines()[1:] == ["s2s-broken\t\tcan be loaded\tfails: ImportError: no module"]


@pytest.mark.parametrize("name", ["s2s-toolkit", "S2S_toolkit"])
def test_an_installed_package_is_checked_by_its_name_as_pip_takes_it(name, s2s, registry):
    commands = [offer for offer in registry.offers["command"] if offer.plugin == "s2s-toolkit"]
    done = s2s("plugins", "check", name, "--kind", "command")
    assert (done.exit_code, done.stderr) == (0, f"s2s: {name}: {3 * len(commands)} checks hold\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["s2s-tolkit"], "no plugin called 's2s-tolkit'; did you mean 's2s-toolkit'? installed: "),
        (["gone.py"], "there is no plugin file gone.py"),
    ],
)
def test_what_cannot_be_checked_is_one_line(s2s, arguments, message):
    done = s2s("plugins", "check", *arguments)
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith(f"s2s: {message}")


def test_a_kind_that_a_plugin_does_not_offer_is_refused_with_those_it_does(checked):
    done, _, _ = checked("metric_checked", OTHERS.replace("PARTS", "('Quiet',)"), "--kind", "metric")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == "s2s: metric_checked.py offers no metric; it offers: command, training observer\n"


@pytest.mark.parametrize("kind", suites.SUITES)
def test_the_suite_of_a_kind_is_for_that_kind(kind):
    module, _, name = suites.SUITES[kind].partition(":")
    assert getattr(import_module(module), name).kind == kind

"""A pytest plugin that writes what happens to each test as a line of JSON, for `suites` to read in another process.

It also leaves out the tests of frameworks that a plugin does not offer its part for: those are another plugin's. And a
part that can't be loaded is one failure, not as many as it has tests.
"""

import json
import textwrap
import traceback
from collections.abc import Generator, Iterable
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, settings

from s2s_toolkit.components import ANY
from s2s_toolkit.errors import S2SError, one_line

FILE, OPTION = "--conformance-file", "conformance_file"
PROFILE = "conformance"
PARAMETERS = ("framework", "trainer", "another_framework", "another_trainer")
"""What a suite calls the framework that a test runs in."""

LONGEST = 200
"""Letters of a reason at most; a comparison of arrays prints many more."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """The file to write to."""
    parser.addoption(FILE, dest=OPTION, type=Path)


def pytest_configure(config: pytest.Config) -> None:
    """Start to write; one counterexample will do, since to look for the smallest takes many times as long."""
    settings.register_profile(PROFILE, phases=[Phase.explicit, Phase.generate])
    settings.load_profile(PROFILE)  # which suites take over when they are imported
    config.pluginmanager.register(Reports(config.getoption(OPTION)))


class Reports:
    """Writes a line for each test that is to run, and one for what becomes of it.

    Args:
        path: Where to.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A class whose tests can't be made, or the whole module."""
        if report.failed:
            class_name, told = report.nodeid.partition("::")[2], report.longreprtext
            self._write(
                **{"test": report.nodeid, "class": class_name, "framework": "", "check": "its tests can be made"}
            )
            self._write(test=report.nodeid, outcome="fails", reason=_last_line(told), traceback=told)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Keep what was asked for of the parts that can be loaded."""
        kept = []
        for class_name, group in groupby(items, _class_of):
            tests = list(group)
            module: Any = tests[0].getparent(pytest.Module)
            frameworks, names = module.obj.ASKED[class_name]
            failure = _failure_to_load(tests[0], frameworks)
            if failure:
                self._write(**{"test": class_name, "class": class_name, "framework": "", "check": "can be loaded"})
                told = "".join(traceback.format_exception(failure))
                self._write(test=class_name, outcome="fails", reason=one_line(failure), traceback=told)
            else:
                kept += [test for test in _own(tests, frameworks) if not names or _name_of(test) in names]
        items[:] = kept

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """All tests, in the order in which they run; if no more is heard of one, the process died of it."""
        for item in session.items:
            about = {"class": _class_of(item), "framework": _framework_of(item), "check": _words(item)}
            self._write(**{"test": item.nodeid, **about})

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """The test's own run, and whatever goes wrong before and after."""
        report = yield
        if report.when == "call" or not report.passed:
            outcome = {"passed": "holds", "failed": "fails", "skipped": "skipped"}[report.outcome]
            told = report.longreprtext if report.failed else ""
            self._write(test=item.nodeid, outcome=outcome, reason=_reason(report, call), traceback=told)
        return report

    def _write(self, **line: Any) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


def _failure_to_load(item: Any, frameworks: Iterable[str]) -> S2SError | None:
    """Why a form of an item's part can't be loaded; None if it can, or if its framework is not there."""
    from s2s_toolkit.testing.requirements import missing
    from s2s_toolkit.testing.suite import Suite, offers_of, registry_with

    if not issubclass(item.cls, Suite):
        return None
    registry = registry_with(*item.cls.plugin_files)
    forms = {offer.component.framework for offer in offers_of(item.cls.kind, item.cls.name, registry)}
    for framework in sorted(forms & set(frameworks)):
        if missing(framework, registry):
            continue
        try:
            registry.load(item.cls.kind, item.cls.name, framework)
        except S2SError as error:
            return error
    return None


def _own(tests: list[pytest.Item], frameworks: Iterable[str]) -> list[pytest.Item]:
    """What concerns the forms of a part that a plugin offers; all of it where a form runs everywhere."""
    own = {*frameworks} & {_framework_of(test) for test in tests}
    everywhere = ANY in frameworks or not own
    return [test for test in tests if everywhere or _framework_of(test) in {"", *own}]


def _class_of(item: pytest.Item) -> str:
    parent = item.getparent(pytest.Class)
    return parent.name if parent else ""


def _framework_of(item: pytest.Item) -> str:
    return next((str(value) for name, value in _parameters(item).items() if name in PARAMETERS), "")


def _name_of(item: Any) -> str:
    return str(item.originalname)


def _variant_of(item: Any) -> str:
    return str(item.callspec.id) if hasattr(item, "callspec") else ""


def _parameters(item: Any) -> dict[str, object]:
    return item.callspec.params if hasattr(item, "callspec") else {}


def _words(item: pytest.Item) -> str:
    """The test's name in words, and what pytest calls its parameters beside the framework."""
    words = _name_of(item).removeprefix("test_").replace("_", " ")
    other = _variant_of(item).replace(_framework_of(item), "").strip("-")
    return f"{words} ({other})" if other else words


def _reason(report: pytest.TestReport, call: pytest.CallInfo[None]) -> str:
    """Why a test failed or was skipped, in one line that is not too long."""
    if hasattr(report, "wasxfail"):
        return f"expected to fail: {report.wasxfail}"
    if call.excinfo is None:
        return ""
    error = call.excinfo.value
    is_pytests = isinstance(error, AssertionError | pytest.skip.Exception | pytest.fail.Exception)
    said = " ".join(_message(error).split()) if is_pytests else one_line(error)
    return textwrap.shorten(said, LONGEST, placeholder=" …") or _last_line(report.longreprtext)


def _message(error: BaseException) -> str:
    """What a test says, without what pytest appends of how it came to be; that alone if it says nothing."""
    return str(error).partition("\nassert ")[0].partition("\n +")[0]


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or [""])[-1].removeprefix("E").strip()

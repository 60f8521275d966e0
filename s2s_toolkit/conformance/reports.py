"""A pytest plugin that writes what happens to each test as a line of JSON, for `suites` to read in another process.

It also leaves out the tests of frameworks that a plugin does not offer its part for: those are another plugin's.
"""

import json
import textwrap
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from s2s_toolkit.components import ANY
from s2s_toolkit.errors import one_line

FILE, OPTION = "--conformance-file", "conformance_file"
MADE_FOR = "MADE_FOR"
"""The name in the test module: class -> the frameworks that the checked plugin offers the part for."""

LONGEST = 200
"""Letters of a reason at most; a comparison of arrays prints many more."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """The file to write to."""
    parser.addoption(FILE, dest=OPTION, type=Path)


def pytest_configure(config: pytest.Config) -> None:
    """Start to write."""
    config.pluginmanager.register(Reports(config.getoption(OPTION)))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep what concerns the forms of the part that the plugin offers; all of it where a form runs everywhere."""
    frameworks: dict[str, set[str]] = {}
    for item in items:
        frameworks.setdefault(_class_of(item), set()).add(_framework_of(item))
    kept = []
    for item in items:
        made_for = set(item.getparent(pytest.Module).obj.MADE_FOR[_class_of(item)])  # type: ignore[union-attr]
        own = made_for & frameworks[_class_of(item)]
        if ANY in made_for or not own or _framework_of(item) in {"", *own}:
            kept.append(item)
    items[:] = kept


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
            class_name = report.nodeid.partition("::")[2]
            reason, traceback = _last_line(report.longreprtext), report.longreprtext
            self._write(
                **{"test": report.nodeid, "class": class_name, "framework": "", "check": "its tests can be made"}
            )
            self._write(test=report.nodeid, outcome="fails", reason=reason, traceback=traceback)

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
            traceback = report.longreprtext if report.failed else ""
            self._write(test=item.nodeid, outcome=outcome, reason=_reason(report, call), traceback=traceback)
        return report

    def _write(self, **line: Any) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


def _class_of(item: pytest.Item) -> str:
    parent = item.getparent(pytest.Class)
    return parent.name if parent else ""


def _framework_of(item: pytest.Item) -> str:
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    return str(parameters.get("framework") or parameters.get("trainer") or "")


def _words(item: pytest.Item) -> str:
    """The test's name in words, and its parameters beside the framework."""
    function: Any = item
    words = function.originalname.removeprefix("test_").replace("_", " ")
    parameters = function.callspec.params if hasattr(function, "callspec") else {}
    others = [str(value) for name, value in parameters.items() if name not in ("framework", "trainer")]
    return f"{words} ({', '.join(others)})" if others else words


def _reason(report: pytest.TestReport, call: pytest.CallInfo[None]) -> str:
    """Why a test failed or was skipped, in one line that is not too long."""
    if hasattr(report, "wasxfail"):
        return f"expected to fail: {report.wasxfail}"
    if call.excinfo is None:
        return ""
    error = call.excinfo.value
    said = " ".join(str(error).split()) if isinstance(error, AssertionError) else one_line(error)
    for prefix in ("Skipped: ", "Failed: ", "assert "):
        said = said.removeprefix(prefix)
    return textwrap.shorten(said, LONGEST, placeholder=" …") or _last_line(report.longreprtext)


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or [""])[-1].removeprefix("E").strip()

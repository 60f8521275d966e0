"""What suites see to in a pytest session: a pytest plugin, which the first suite that is collected registers.

No test of a suite is skipped or expected to fail but by the suite itself: whether a mark says so, a fixture, a hook in
a `conftest.py` or the part, it is a failure. And a test that has nowhere to run is left out.
"""

import sys
from collections.abc import Generator
from typing import Any, Final

import pytest

from s2s_toolkit.testing.guard import inherited_tests
from s2s_toolkit.testing.requirements import Inapplicable

NOWHERE: Final = "nowhere"
"""The parameter of a test that runs in some frameworks, for a part that runs in none of them."""


def watch(config: pytest.Config) -> None:
    """See to a session from now on."""
    if not config.pluginmanager.has_plugin(__name__):
        config.pluginmanager.register(sys.modules[__name__], __name__)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out what can't run anywhere; pytest would show it as skipped."""
    items[:] = [item for item in items if not (_is_of_a_suite(item) and NOWHERE in _parameters(item).values())]


@pytest.hookimpl(wrapper=True, tryfirst=True)  # so that this comes after all that may change a report
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Make a failure of what would hide one."""
    report = yield
    hidden = _is_of_a_suite(item) and _hidden(item, call, report)
    if hidden:
        report.outcome, report.longrepr = "failed", f"{hidden}; {_remedy(item)}"
        vars(report).pop("wasxfail", None)
    return report


def _hidden(item: Any, call: pytest.CallInfo[None], report: pytest.TestReport) -> str:
    """What has become of a test that only its suite may do to it, "" if nothing."""
    test = item.originalname
    if hasattr(report, "wasxfail"):
        is_expected = {item.name, test} & item.cls.expected_failures.keys()
        return "" if is_expected else f"{item.cls.__name__}: {test} is marked xfail, not by its suite"
    if not report.skipped or (call.excinfo and isinstance(call.excinfo.value, Inapplicable)):
        return ""
    return f"{item.cls.__name__}: {test} is skipped, not by its suite ({call.excinfo.value if call.excinfo else ''})"


def _remedy(item: Any) -> str:
    return f"take that away, and say in expected_failures = {{{item.originalname!r}: 'why'}} what the part can't pass"


def _is_of_a_suite(item: Any) -> bool:
    return isinstance(item, pytest.Function) and bool(item.cls) and item.originalname in inherited_tests(item.cls)


def _parameters(item: Any) -> dict[str, object]:
    return item.callspec.params if hasattr(item, "callspec") else {}

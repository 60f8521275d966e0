"""What all tests share: how long they may take, and what a missing package means.

A package that tests need and that is missing: on a laptop they are skipped, in CI they fail.
"""

import os
from collections.abc import Callable, Generator
from typing import TypeVar

import pytest

Report = TypeVar("Report", pytest.CollectReport, pytest.TestReport)
MISSING = "Skipped: could not import"
"""How the reason of `pytest.importorskip` begins."""

LONG = "S2S_LONG_TESTS"
"""The environment variable with which tests try as many cases as docs/reliability.md says; `make test-long` sets it."""


@pytest.fixture(scope="session")
def scale() -> Callable[[int, int], int]:
    """How many cases to try: the first number by default, the second one with `LONG`."""
    return lambda short, long: long if os.environ.get(LONG) else short


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Of a module that is skipped as a whole."""
    report = yield
    return failed_if_missing(report)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Of a test or a fixture of it."""
    report = yield
    return failed_if_missing(report)


def failed_if_missing(report: Report) -> Report:
    """The report, failed in CI if it is a skip because of a package."""
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
    if os.environ.get("CI") and report.skipped and reason.startswith(MISSING):
        report.outcome = "failed"
        report.longrepr = f"{reason.removeprefix('Skipped: ')}, and CI must test it"
    return report

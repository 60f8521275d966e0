"""Each test of a suite finds a part that is broken in what it tests, and says so."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from s2s_toolkit.checks.findings import Finding
from s2s_toolkit.checks.suites import Subject, run_suites
from s2s_toolkit.testing import DecodingStrategySuite, ExporterSuite, MetricSuite, TokenizerSuite
from s2s_toolkit.testing.guard import inherited_tests
from s2s_toolkit.testing.suite import Suite, registry_with

FILES = {
    DecodingStrategySuite: "broken_strategies.py",
    TokenizerSuite: "broken_tokenizers.py",
    MetricSuite: "broken_metrics.py",
    ExporterSuite: "broken_exporters.py",
}

Findings = dict[str, list[Finding]]
"""Test -> how it went for its own broken part."""


def broken_parts(suite: type[Suite]) -> dict[str, str]:
    """Test -> what the failure says, as the plugin file has it."""
    file = path_of(suite)
    offers = registry_with(file).offers[suite.kind]
    return {offer.component.name: offer.component.summary for offer in offers if offer.plugin == file.name}


def path_of(suite: type[Suite]) -> Path:
    return Path(__file__).parent / "broken" / FILES[suite]


CASES = [(suite, test, said) for suite in FILES for test, said in broken_parts(suite).items()]


@pytest.fixture(scope="module")
def findings() -> Callable[[type[Suite]], Findings]:
    """Run a suite on its broken parts, once; without TensorFlow, which takes long and tells nothing more."""

    @cache
    def run(suite: type[Suite]) -> Findings:
        subjects = [Subject(suite.kind, test, ("numpy", "torch"), (test,)) for test in broken_parts(suite)]
        found: Findings = {}
        for finding in run_suites(subjects, [path_of(suite)]):
            found.setdefault(finding.part.split()[-1], []).append(finding)
        return found

    return run


@pytest.mark.parametrize("suite", FILES, ids=lambda suite: suite.__name__)
def test_every_test_has_its_broken_part(suite: type[Suite]) -> None:
    assert broken_parts(suite).keys() == inherited_tests(suite).keys() - inherited_tests(Suite).keys()


@pytest.mark.parametrize(("suite", "test", "said"), CASES, ids=[f"{s.__name__}-{test}" for s, test, _ in CASES])
def test_a_broken_part_fails(
    suite: type[Suite], test: str, said: str, findings: Callable[[type[Suite]], Findings]
) -> None:
    found = findings(suite)[test]
    if all(finding.outcome == "skipped" for finding in found):
        pytest.skip(found[0].reason)
    assert said in "\n".join(finding.reason for finding in found if finding.outcome == "fails")

"""Each test of a suite finds a part that is broken in what it tests, and says so."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from s2s_toolkit.testing import DecodingStrategySuite, ExporterSuite, MetricSuite, TokenizerSuite
from s2s_toolkit.testing.suite import Suite, registry_with

FILES = {
    DecodingStrategySuite: "broken_strategies.py",
    TokenizerSuite: "broken_tokenizers.py",
    MetricSuite: "broken_metrics.py",
    ExporterSuite: "broken_exporters.py",
}
QUICK = """
from hypothesis import Phase, settings

settings.register_profile("quick", phases=[Phase.generate])
settings.load_profile("quick")  # a counterexample will do; to look for a smaller one takes its time
"""


def broken_parts(suite: type[Suite]) -> dict[str, str]:
    """Test -> what the failure says, as the plugin file has it."""
    file = path_of(suite)
    offers = registry_with(file).offers[suite.kind]
    return {offer.component.name: offer.component.summary for offer in offers if offer.plugin == file.name}


def path_of(suite: type[Suite]) -> Path:
    return Path(__file__).parent / "broken" / FILES[suite]


CASES = [(suite, test, said) for suite in FILES for test, said in broken_parts(suite).items()]


@pytest.mark.parametrize("suite", FILES, ids=lambda suite: suite.__name__)
def test_every_test_has_its_broken_part(suite: type[Suite]) -> None:
    assert broken_parts(suite).keys() == {name for name in vars(suite) if name.startswith("test_")}


@pytest.mark.parametrize(("suite", "test", "said"), CASES, ids=[f"{s.__name__}-{test}" for s, test, _ in CASES])
def test_a_broken_part_fails(suite: type[Suite], test: str, said: str, failures: Callable[..., dict[str, str]]) -> None:
    found = failures(suite)
    if found.get(test) == "skipped":
        pytest.skip(f"{test} was skipped")
    assert said in found.get(test, "it passes")


@pytest.fixture(scope="module")
def failures(tmp_path_factory: pytest.TempPathFactory) -> Callable[[type[Suite]], dict[str, str]]:
    """Run a suite on its broken parts, once: test -> how its own broken part failed it."""
    done = dict[type[Suite], dict[str, str]]()

    def run(suite: type[Suite]) -> dict[str, str]:
        if suite not in done:
            done[suite] = _failures(suite, tmp_path_factory.mktemp(suite.__name__))
        return done[suite]

    return run


def _failures(suite: type[Suite], folder: Path) -> dict[str, str]:
    """In another process, whose hypothesis looks for no small counterexample."""
    module, report = folder / "test_broken.py", folder / "report.xml"
    tests = broken_parts(suite)
    classes = [
        f"class Test_{test}({suite.__name__}):\n    name, plugin_files = {test!r}, [{str(path_of(suite))!r}]\n"
        for test in tests
    ]
    module.write_text("\n\n".join([QUICK, f"from s2s_toolkit.testing import {suite.__name__}\n", *classes]))
    nodes = [f"{module}::Test_{test}::{test}" for test in tests]
    options = ["-p", "no:cacheprovider", "--rootdir", str(folder), "-k", "not tensorflow", f"--junitxml={report}"]
    command = [sys.executable, "-m", "pytest", "-q", *options, *nodes]
    done = subprocess.run(command, cwd=folder, env=os.environ, capture_output=True, text=True, check=False)
    assert report.exists(), done.stdout + done.stderr
    found = {}
    for case in ElementTree.parse(report).iter("testcase"):
        for result in case:
            if result.tag in ("failure", "skipped"):
                said = "skipped" if result.tag == "skipped" else f"{result.get('message')}\n{result.text}"
                found[case.get("name", "").partition("[")[0]] = said
    return found

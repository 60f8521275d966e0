"""Conformance suites run on parts by name: a test module is made for them, and pytest runs it in its own process.

In a process of its own a part that crashes the interpreter, or leaves a framework in an odd state, is just one that
fails; and frameworks say what they like without being heard.
"""

import importlib.util
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from s2s_toolkit.checks.findings import Finding
from s2s_toolkit.errors import S2SError

SUITES = {
    "encoder": "s2s_toolkit.testing:EncoderSuite",
    "attention scorer": "s2s_toolkit.testing:AttentionScorerSuite",
    "decoder": "s2s_toolkit.testing:DecoderSuite",
    "decoding strategy": "s2s_toolkit.testing:DecodingStrategySuite",
    "tokenizer": "s2s_toolkit.testing:TokenizerSuite",
    "metric": "s2s_toolkit.testing:MetricSuite",
    "exporter": "s2s_toolkit.testing:ExporterSuite",
}
"""Kind of part -> its suite."""

NEEDED = ("pytest", "hypothesis")
REPORTS = "s2s_toolkit.checks.reports"
MODULE = "test_conformance.py"


@dataclass(frozen=True)
class Subject:
    """A part to be checked.

    Attributes:
        kind: A key of `SUITES`.
        name: Of the part.
        frameworks: What the checked plugin offers it for, or those of them where it is to be checked.
        tests: The tests to run, all of its suite if there are none.
        options: The options that it is made with.
    """

    kind: str
    name: str
    frameworks: tuple[str, ...]
    tests: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


def run_suites(
    subjects: Sequence[Subject], plugin_files: Iterable[Path] = (), suites: Mapping[str, str] = SUITES
) -> list[Finding]:
    """Run the suite of each part's kind; what its tests found, in their order.

    Args:
        subjects: The parts.
        plugin_files: Python files that offer them, where no installed plugin does.
        suites: Kind -> "module:class".
    """
    missing = [module for module in NEEDED if importlib.util.find_spec(module) is None]
    if missing:
        raise S2SError(f'a check needs {" and ".join(missing)}; pip install "s2s-toolkit[testing]"')
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / MODULE).write_text(_module(subjects, plugin_files, suites), encoding="utf-8")
        (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")  # or that of a folder above would count
        (folder / "reports.jsonl").touch()
        done = _run_pytest(folder)
        lines = (folder / "reports.jsonl").read_text(encoding="utf-8").splitlines()
    findings = _findings([json.loads(line) for line in lines], subjects, done)
    if not findings:
        raise S2SError(f"pytest ran no check: {_last_words(done)}")
    return findings


def _module(subjects: Sequence[Subject], plugin_files: Iterable[Path], suites: Mapping[str, str]) -> str:
    """A test module with a class for each part."""
    files = tuple(str(path.absolute()) for path in plugin_files)
    asked = {f"Test{number}": (subject.frameworks, subject.tests) for number, subject in enumerate(subjects)}
    pieces = [f"ASKED = {asked!r}\n"]
    for number, subject in enumerate(subjects):
        module, _, suite = suites[subject.kind].partition(":")
        pieces.append(
            f"from {module} import {suite} as Suite{number}\n\n\n"
            f"class Test{number}(Suite{number}):\n    name = {subject.name!r}\n"
            f"    plugin_files, options = {files!r}, {dict(subject.options)!r}\n\n\n"
            f"del Suite{number}\n"  # or pytest would take it for a test as well
        )
    return "\n".join(pieces)


def _run_pytest(folder: Path) -> subprocess.CompletedProcess[str]:
    arguments = [
        *("-P", "-m", "pytest", str(folder / MODULE), "-c", str(folder / "pytest.ini"), "--rootdir", str(folder)),
        *("-p", REPORTS, "--conformance-file", str(folder / "reports.jsonl")),
        *("-p", "no:cacheprovider", "--import-mode=importlib", "--tb=short", "-q", "--continue-on-collection-errors"),
    ]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "HYPOTHESIS_STORAGE_DIRECTORY": str(folder)}
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, env=environment, check=False)


def _findings(
    lines: Sequence[Mapping[str, Any]], subjects: Sequence[Subject], done: subprocess.CompletedProcess[str]
) -> list[Finding]:
    """A finding for each test; of several lines about one, what went wrong counts."""
    ended: dict[str, Mapping[str, Any]] = {}
    for line in lines:
        if "outcome" in line and ended.get(line["test"], {}).get("outcome") != "fails":
            ended[line["test"]] = line
    findings = []
    without_end = iter([Finding("", "", "", "fails", f"the process died of it: {_last_words(done)}", done.stderr)])
    not_run = Finding("", "", "", "skipped", "it did not run, since the process had died")
    for line in lines:
        if "check" in line:
            end = ended.get(line["test"]) or vars(next(without_end, not_run))
            part = str(subjects[int(line["class"].removeprefix("Test"))]) if line["class"] else "every part"
            outcome, reason, traceback = end["outcome"], end["reason"], end["traceback"]
            findings.append(Finding(part, line["framework"], line["check"], outcome, reason, traceback))
    return findings


def _last_words(done: subprocess.CompletedProcess[str]) -> str:
    if done.returncode < 0:
        return signal.Signals(-done.returncode).name
    said = (done.stderr or done.stdout).strip().splitlines()
    return said[-1] if said else f"exit code {done.returncode}"

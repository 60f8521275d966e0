"""Try the versions that the distributions allow: `python tests/matrix.py [--list] [ROW ...]`.

A row is a Python and a choice of versions, as "3.11-oldest"; with "-frameworks" behind it PyTorch and TensorFlow are
there too. It gets an environment of its own in build/matrix/, the wheels of dist/, and the tests of this tree. How each
row went goes to standard output; the exit code is 1 where something failed. `--list` shows the rows and makes nothing.
"""

import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
BUILD, DIST = ROOT / "build/matrix", ROOT / "dist"
PYTHONS = ("3.11", "3.12", "3.13")
VERSIONS = {
    "oldest": "each package that a pyproject.toml names in the least version that it allows",
    "pinned": "what constraints.txt names",
    "newest": "whatever there is",
}
FRAMEWORKS = "-frameworks"
ALWAYS = {
    "toolkit": "[arrow,bleu,demo,plot,report,subwords,testing,tune]",
    "onnx": "[export]",
    "cosine": "",
    "tensorboard": "",
    "mlflow": "",
}
"""Distribution -> its extras that are tried."""

BUILDING = ("editables", "hatchling", "pip")
"""What tests that install a package need."""

WITH_FRAMEWORKS = {"torch": "", "tensorflow": "[onnx]"}
OF_THE_TREE = (
    "tests/test_distributions.py",
    "tests/test_licences.py",
    "tests/test_speed_benchmark.py",
    "exports/tests/apps",
)
"""Tests that say nothing of installed packages, and need more than these."""


@dataclass(frozen=True)
class Row:
    """One environment of the plan.

    Attributes:
        python: Its version of Python.
        versions: One of `VERSIONS`.
        frameworks: Whether PyTorch and TensorFlow are there.
    """

    python: str
    versions: str
    frameworks: bool

    @property
    def name(self) -> str:
        """What it is called on the command line."""
        return f"{self.python}-{self.versions}{FRAMEWORKS if self.frameworks else ''}"

    @property
    def interpreter(self) -> str | None:
        """Where that Python is; None if it is nowhere."""
        return shutil.which(f"python{self.python}")

    @property
    def folder(self) -> Path:
        """Where all of it lies."""
        return BUILD / self.name


PLAN = [
    Row(python, versions, frameworks) for python in PYTHONS for versions in VERSIONS for frameworks in (False, True)
]


def main(arguments: list[str]) -> int:
    """Run rows of the plan, by default those without frameworks; the exit code."""
    names = [row.name for row in PLAN]
    if strange := [name for name in arguments if name not in (*names, "--list")]:
        sys.stderr.write(f"no row {strange[0]!r}; rows: {', '.join(names)}\n")
        return 2
    if "--list" in arguments:
        for row in PLAN:
            say(row, VERSIONS[row.versions] if row.interpreter else f"left out: no python{row.python} on this machine")
        return 0
    chosen = [row for row in PLAN if (row.name in arguments if arguments else not row.frameworks)]
    went_well = [tried(row) for row in chosen]
    return int(not all(went_well))


def tried(row: Row) -> bool:
    """Run a row and tell how it went; whether nothing failed."""
    if not row.interpreter:
        say(row, f"left out: no python{row.python} on this machine")
        return True
    shutil.rmtree(row.folder, ignore_errors=True)
    row.folder.mkdir(parents=True)
    with (row.folder / "log").open("w", encoding="utf-8") as log:
        if any(run(command, log) for command in installing(row)):
            say(row, f"can't be installed; see {row.folder}/log")
            return False
        code = run(testing(row), log)
    report = row.folder / "report.xml"
    if not report.is_file():
        say(row, f"the tests crashed with exit code {code}; see {row.folder}/log")
        return False
    suite = next(ElementTree.parse(report).iter("testsuite"))
    say(row, ", ".join(f"{suite.get(what)} {what}" for what in ("tests", "failures", "errors", "skipped")))
    return not code


def installing(row: Row) -> Iterator[list[object]]:
    """The commands that make a row's environment."""
    yield [row.interpreter, "-m", "venv", "--without-pip", row.folder / "venv"]
    files = [f"{next(DIST.glob(f's2s_{name}-*.whl'))}{extras}" for name, extras in installed(row).items()]
    pip = [sys.executable, "-m", "pip", "--python", row.folder / "venv", "install", "--quiet", *BUILDING]
    if row.versions == "newest":
        yield [*pip, *files]
        return
    constraints = ROOT / "constraints.txt"
    if row.versions == "oldest":
        constraints = row.folder / "constraints.txt"
        constraints.write_text("".join(f"{pin}\n" for pin in oldest()), encoding="utf-8")
    yield [*pip, "--constraint", constraints, *files]


def testing(row: Row) -> list[object]:
    """The command that runs a row's tests."""
    left_out = [f"--ignore={path}" for path in OF_THE_TREE]
    plugins = (ROOT / f"plugins/s2s-{name}/tests" for name in installed(row))
    tests = ["tests", "exports/tests", *filter(Path.is_dir, plugins)]
    report = f"--junitxml={row.folder}/report.xml"
    return [row.folder / "venv/bin/pytest", "-p", "no:cacheprovider", report, *left_out, *tests]


def installed(row: Row) -> dict[str, str]:
    """The distributions of a row, with their extras."""
    return ALWAYS | (WITH_FRAMEWORKS if row.frameworks else {})


def oldest() -> list[str]:
    """A pin to the least version of each package that a `pyproject.toml` names."""
    least: dict[str, str] = {}
    for requirement in required():
        for bound in requirement.specifier:
            if bound.operator in (">=", "==") and not requirement.name.startswith("s2s-"):
                least[requirement.name] = bound.version
    return [f"{name}=={version}" for name, version in sorted(least.items())]


def required() -> Iterable[Requirement]:
    """What the distributions and their extras require."""
    for path in (
        ROOT / "pyproject.toml",
        ROOT / "exports/pyproject.toml",
        *sorted(ROOT.glob("plugins/*/pyproject.toml")),
    ):
        project = tomllib.loads(path.read_text(encoding="utf-8"))["project"]
        for lines in (project["dependencies"], *project.get("optional-dependencies", {}).values()):
            yield from map(Requirement, lines)


def run(command: list[object], log) -> int:
    """Run a command with its output in the log; its exit code."""
    return subprocess.run(list(map(str, command)), cwd=ROOT, stdout=log, stderr=log, check=False).returncode


def say(row: Row, what: str) -> None:
    """A line of the table."""
    sys.stdout.write(f"{row.name:24} {what}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

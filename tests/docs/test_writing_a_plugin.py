"""docs/writing_a_plugin.md: followed word by word in an empty folder and an environment of its own.

Its files are written and its commands typed in the order in which they stand, each once; the tests look at what came
of it. The environment sees all that this one has, so that nothing is fetched.
"""

import json
import os
import re
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = "docs/writing_a_plugin.md"
SHIPPED = ROOT / "plugins/s2s-cosine/s2s_cosine"
NEEDED = ("torch", "tensorflow", "onnx", "onnxruntime", "spox", "pip", "hatchling", "editables")

BLOCK = re.compile(r"^(?:<!-- runs: (\S+) -->\n)?```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
COMMAND = re.compile(r"^\$ (.+)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
VARIES = re.compile(r"(…|\s+|\d+\.\d+(?:e-\d+)?|[\d,]+(?= tokens/s| s\b))")
"""What of an output is not compared: what is left out, how columns are parted, fractions, times and speeds."""

PROGRAMS = ("pip", "pytest", "s2s")
PROGRAM = """#!{python}
import sys
from importlib.metadata import entry_points

sys.exit(next(iter(entry_points(group="console_scripts", name="{name}"))).load()())
"""
OFFLINE = {"PIP_NO_BUILD_ISOLATION": "0", "PIP_NO_DEPS": "1", "PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


@dataclass(frozen=True)
class File:
    """A file that the reader writes."""

    path: str
    text: str


@dataclass(frozen=True)
class Command:
    """What the reader types, and what the page says that it prints."""

    line: str
    shown: str

    @property
    def is_refused(self) -> bool:
        """Whether it ends with the one line of an error."""
        return self.shown.startswith("s2s: ")


@dataclass(frozen=True)
class Followed:
    """The folder afterwards, and what each command printed."""

    folder: Path
    printed: dict[Command, list[str]]


def steps(text: str) -> Iterator[File | Command]:
    for path, language, block in BLOCK.findall(text):
        if path:
            yield File(path, block)
        elif language == "console":
            yield from (Command(line, shown) for line, shown in COMMAND.findall(block))


STEPS = list(steps((ROOT / PAGE).read_text(encoding="utf-8")))
COMMANDS = list(dict.fromkeys(step for step in STEPS if isinstance(step, Command)))
FILES = {step.path: step.text for step in STEPS if isinstance(step, File)}


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.line)
def test_command_prints_what_is_shown(command: Command, followed: Followed) -> None:
    for printed in followed.printed[command]:
        assert re.fullmatch(pattern(command.shown), printed.strip(), re.DOTALL), printed


def pattern(shown: str) -> str:
    """A regular expression for what a command prints."""
    anything = {"…": ".*?", " ": r"\s+"}
    pieces = VARIES.split(shown.strip())
    for place in range(1, len(pieces), 2):
        pieces[place] = anything.get(pieces[place] if pieces[place].strip() else " ", r"[\d.,e-]+")
    return "".join(piece if place % 2 else re.escape(piece) for place, piece in enumerate(pieces))


@pytest.mark.parametrize("framework", ["torch", "tensorflow"])
def test_model_learns_in_each_framework(framework: str, followed: Followed) -> None:
    lines = (followed.folder / "runs" / framework / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    first, *_, last = (json.loads(line)["value"] for line in lines)
    assert first < 20
    assert last > 80


def test_one_model_is_as_good_in_both_frameworks_and_as_a_file(followed: Followed) -> None:
    printed = {c.line: texts for c, texts in followed.printed.items() if c.line.startswith("s2s evaluate")}
    assert len(printed) == 3
    assert len(printed["s2s evaluate runs/torch --metric exact_match"]) == 2  # before there is a twin, and with it
    scores = {re.search(r"exact_match\s+(\S+)", text)[1] for texts in printed.values() for text in texts}
    assert len(scores) == 1


def test_a_refused_training_leaves_nothing(followed: Followed) -> None:
    assert any(command.is_refused for command in COMMANDS)
    assert sorted(path.name for path in (followed.folder / "runs").iterdir()) == ["tensorflow", "torch"]


@pytest.mark.parametrize(
    ("name", "shipped"),
    [("cosine", "scorer"), ("torch_scorer", "torch_scorer"), ("keras_scorer", "keras_scorer")],
)
def test_code_is_that_of_the_shipped_plugin(name: str, shipped: str) -> None:
    code = (SHIPPED / f"{shipped}.py").read_text(encoding="utf-8")
    assert FILES[f"s2s-cosine/s2s_cosine/{name}.py"] == code.replace("s2s_cosine.scorer", "s2s_cosine.cosine")


def test_cost_is_counted(section: Callable[[str, str], str], table: Callable[..., list[list[str]]]) -> None:
    """Commands and lines that are not empty, for each part of the page and in all."""
    *rows, total = table(PAGE, "## What it cost", columns=4)
    counted = [(commands_of(text), lines_of(text)) for text in (section(PAGE, f"## {name}") for name, *_ in rows)]
    assert [(int(commands), int(lines)) for _, commands, lines, _ in rows] == counted
    assert (int(total[1]), int(total[2])) == tuple(map(sum, zip(*counted, strict=True)))


def commands_of(text: str) -> int:
    typed = [block for _, language, block in BLOCK.findall(text) if language == "sh"]
    return sum(isinstance(step, Command) for step in steps(text)) + sum(len(block.splitlines()) for block in typed)


def lines_of(text: str) -> int:
    return sum(bool(line.strip()) for step in steps(text) if isinstance(step, File) for line in step.text.splitlines())


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory, require: Callable[..., None]) -> Followed:
    """Do what the page says; AssertionError where a command does not end as it should."""
    require(*NEEDED)
    environment, folder = variables(tmp_path_factory.mktemp("environment")), tmp_path_factory.mktemp("empty")
    printed: dict[Command, list[str]] = {}
    for step in STEPS:
        if isinstance(step, File):
            (folder / step.path).write_text(step.text, encoding="utf-8")
            continue
        done = subprocess.run(
            step.line,
            shell=True,
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == (2 if step.is_refused else 0), f"$ {step.line}\n{done.stdout}"
        printed.setdefault(step, []).append(done.stdout)
    return Followed(folder, printed)


def variables(path: Path) -> dict[str, str]:
    """Make a virtual environment, and give the variables that activate it."""
    venv.create(path, symlinks=True)
    here, there = (sysconfig.get_path("purelib", "venv", {"base": str(base)}) for base in (sys.prefix, path))
    Path(there, "outer.pth").write_text(f"import site; site.addsitedir({here!r})\n", encoding="utf-8")
    for name in PROGRAMS:
        program = path / "bin" / name
        program.write_text(PROGRAM.format(python=path / "bin/python", name=name), encoding="utf-8")
        program.chmod(0o755)
    outside = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "S2S_"))}
    return outside | OFFLINE | {"VIRTUAL_ENV": str(path), "PATH": f"{path / 'bin'}{os.pathsep}{os.environ['PATH']}"}

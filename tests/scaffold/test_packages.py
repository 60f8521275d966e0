"""Every kind of package: pip installs it, its tests pass, a linter has nothing to say, its README is right."""

import itertools
import os
import re
import shlex
import subprocess
import sys
import sysconfig
import tomllib
import venv
from pathlib import Path
from xml.etree import ElementTree

import click
import pytest

from s2s_toolkit import testing
from s2s_toolkit.checks.parts import check_parts
from s2s_toolkit.cli import cli
from s2s_toolkit.components import HOOKS
from s2s_toolkit.config import parse_config
from s2s_toolkit.loading import make_strategy
from s2s_toolkit.metrics import load_metric
from s2s_toolkit.progress import Lines
from s2s_toolkit.registry import Registry
from s2s_toolkit.scaffold.kinds import KINDS
from s2s_toolkit.scaffold.naming import MAX_LENGTH
from s2s_toolkit.testing.requirements import require
from s2s_toolkit.text import load_side
from s2s_toolkit.training.watching import make_observers

ROOT = Path(__file__).parents[2]
WITHOUT_FRAMEWORKS = "not torch and not tensorflow"

each_kind = pytest.mark.parametrize("kind", KINDS)


def test_every_kind_of_part_but_a_framework_can_be_written():
    assert set(KINDS) == set(HOOKS) - {"framework"}


def test_package_of_the_default_kind_passes_its_whole_suite(installed, parts):
    ran = run_tests(installed / parts["attention scorer"])
    assert suite_of("attention scorer") <= ran


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "attention scorer"])
def test_package_passes_its_tests(kind, installed, parts):
    ran = run_tests(installed / parts[kind], "-k", WITHOUT_FRAMEWORKS)  # with them, all kinds would take two minutes
    assert ran
    assert ("test_part_is_offered_once" in ran) == bool(KINDS[kind].suite)


@pytest.mark.parametrize("name", ["x", "two-words", "w" * MAX_LENGTH])
def test_packages_pass_the_projects_own_linter(name, write, tmp_path):
    require("ruff")
    for kind in KINDS:
        write(kind, name, tmp_path / kind)
    ruff = [sys.executable, "-m", "ruff"]
    settings = ["--no-cache", "--config", ROOT / "pyproject.toml", "."]
    for command in (["check"], ["format", "--diff"]):
        done = subprocess.run([*ruff, *command, *settings], cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


@each_kind
def test_readme_shows_a_use_that_works(kind, packages, offered, parts):
    readme = (packages / parts[kind] / "README.md").read_text(encoding="utf-8")
    language, shown = re.search(r"## Use\n\n```(\w+)\n(.*?)```", readme, re.DOTALL).groups()
    assert parts[kind] in shown
    if language == "sh":
        parse_commands(shown, offered)
    else:
        make_everything(shown, offered)


@pytest.fixture(scope="module")
def installed(packages: Path, parts: dict[str, str]) -> Path:
    """The packages, installed by pip in an environment of their own, which sees what this one has."""
    environment = packages / "environment"
    venv.create(environment, symlinks=os.name != "nt")
    here, there = (sysconfig.get_path("purelib", "venv", {"base": str(base)}) for base in (sys.prefix, environment))
    Path(there, "outer.pth").write_text(f"import site; site.addsitedir({here!r})\n", encoding="utf-8")
    pip = [sys.executable, "-m", "pip", "--python", python_of(environment), "--disable-pip-version-check", "install"]
    projects = itertools.chain.from_iterable(("--editable", packages / name) for name in parts.values())
    subprocess.run([*pip, "--quiet", "--no-index", "--no-deps", "--no-build-isolation", *projects], check=True)
    return packages


def python_of(environment: Path) -> Path:
    return environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def run_tests(package: Path, *arguments: str) -> set[str]:
    """Run a package's tests, which must pass, in the environment beside it; the names of their functions."""
    report = package / "report.xml"
    pytest_there = [python_of(package.parent / "environment"), "-m", "pytest", f"--junitxml={report}"]
    done = subprocess.run([*pytest_there, *arguments], cwd=package, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return {case.attrib["name"].partition("[")[0] for case in ElementTree.parse(report).iter("testcase")}


def suite_of(kind: str) -> set[str]:
    """The tests of a kind's suite."""
    return {name for name in dir(getattr(testing, KINDS[kind].suite)) if name.startswith("test_")}


def make_everything(snippet: str, registry: Registry) -> None:
    """Make all that a config with the snippet names."""
    content = tomllib.loads(f'[data]\ntrain = "train.tsv"\ndev = "dev.tsv"\n{snippet}')
    config = parse_config(content, folder=Path(), where="README.md")
    check_parts(config.model, registry, "numpy")
    make_strategy(config.decoding.strategy, config.decoding.options, registry)
    load_side(config.target, registry)
    make_observers(Lines(), config.observers, registry)
    if config.training.metric != "loss":
        load_metric(config.training.metric, registry)


def parse_commands(shown: str, registry: Registry) -> None:
    """Parse commands as a shell and `s2s` would, without running them."""
    parent = click.Context(cli, obj=registry, **cli.context_settings)
    for line in shown.splitlines():
        program, name, *arguments = shlex.split(line)
        assert program == "s2s"
        registry.load("command", name).make_context(name, arguments, parent=parent)

"""The distributions go together, and each ships its package and nothing else."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

import s2s_toolkit

ROOT = Path(__file__).parents[1]
PACKAGES = {
    "s2s-toolkit": ROOT / "s2s_toolkit",
    "s2s-torch": ROOT / "plugins/s2s-torch/s2s_torch",
    "s2s-tensorflow": ROOT / "plugins/s2s-tensorflow/s2s_tensorflow",
    "s2s-onnx": ROOT / "exports/s2s_onnx",
    "s2s-cosine": ROOT / "plugins/s2s-cosine/s2s_cosine",
    "s2s-tensorboard": ROOT / "plugins/s2s-tensorboard/s2s_tensorboard",
    "s2s-mlflow": ROOT / "plugins/s2s-mlflow/s2s_mlflow",
}
BESIDE_THE_PACKAGE = {"CHANGELOG.md", "LICENSE", "PKG-INFO", "README.md", "pyproject.toml", ".gitignore"}

each_distribution = pytest.mark.parametrize("distribution", PACKAGES)


@each_distribution
def test_distributions_have_one_version(distribution):
    assert project(distribution)["version"] == s2s_toolkit.__version__


@each_distribution
def test_distributions_support_the_same_pythons(distribution):
    assert project(distribution)["requires-python"] == project("s2s-toolkit")["requires-python"]


@each_distribution
def test_distributions_require_each_other_in_exactly_this_version(distribution):
    ours = [r for r in requirements(distribution) if name_of(r) in PACKAGES and name_of(r) != distribution]
    assert ours
    assert all(requirement.endswith(f"=={s2s_toolkit.__version__}") for requirement in ours)


@each_distribution
def test_everything_imported_is_declared(distribution):
    declared, owners = {name_of(r) for r in requirements(distribution)}, packages_distributions()
    foreign = imported_by(PACKAGES[distribution]) - {PACKAGES[distribution].name} - set(sys.stdlib_module_names)
    brought_by = {name: {name.replace("_", "-"), *map(str.lower, owners.get(name, ()))} for name in foreign}
    assert {name for name, distributions in brought_by.items() if not declared & distributions} == set()


@each_distribution
def test_licence_is_the_same_everywhere(distribution):
    assert (PACKAGES[distribution].parent / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()


def test_constraints_pin_exact_public_versions():
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    assert [pin for pin in pins if not re.fullmatch(r"[a-z0-9-]+==[0-9.]+(b[0-9]+|post[0-9]+)?", pin)] == []
    assert pins == sorted(pins)


@each_distribution
def test_constraints_pin_every_requirement(distribution):
    pinned = {name_of(pin) for pin in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()}
    assert {name_of(requirement) for requirement in requirements(distribution)} - pinned - set(PACKAGES) == set()


@each_distribution
def test_wheel_holds_the_package_and_nothing_else(distribution, built):
    package = PACKAGES[distribution]
    with zipfile.ZipFile(next(built.glob(f"{package_file(distribution)}-*.whl"))) as wheel:
        names = {name for name in wheel.namelist() if ".dist-info/" not in name}
        about = {name.partition(".dist-info/")[2] for name in wheel.namelist()} - {""}
    assert names == files_of(package)
    assert about == {"METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE"}


@each_distribution
def test_source_archive_holds_the_package_and_its_papers(distribution, built):
    package = PACKAGES[distribution]
    with tarfile.open(next(built.glob(f"{package_file(distribution)}-*.tar.gz"))) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert files_of(package) <= names
    assert "LICENSE" in names
    assert names - files_of(package) <= BESIDE_THE_PACKAGE


@each_distribution
def test_a_build_elsewhere_gives_the_same_bytes(distribution, built, built_elsewhere):
    """Of files that are newer, and that only their owner may read; the wheel from the tree, not from the archive."""
    ours, theirs = (
        {path.name: path.read_bytes() for path in folder.glob(f"{package_file(distribution)}-*")}
        for folder in (built, built_elsewhere)
    )
    assert len(ours) == 2
    assert ours == theirs


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A folder with all wheels and source archives: the one in S2S_DIST, which `make wheels` sets, or a fresh one."""
    if given := os.environ.get("S2S_DIST"):
        return ROOT / given
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "build", "--no-isolation", "--outdir", folder]
    for package in PACKAGES.values():
        subprocess.run([*build, package.parent], check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def built_elsewhere(tmp_path_factory):
    """The same from a copy of the tree, with other times and modes, in another time zone."""
    tree, folder = tmp_path_factory.mktemp("elsewhere") / "tree", tmp_path_factory.mktemp("dist")
    for package in PACKAGES.values():
        project_folder = tree / package.parent.relative_to(ROOT)
        shutil.copytree(package, project_folder / package.name, ignore=shutil.ignore_patterns("__pycache__"))
        for name in BESIDE_THE_PACKAGE:
            if (package.parent / name).is_file():
                shutil.copyfile(package.parent / name, project_folder / name)
    for path in tree.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
    for package in PACKAGES.values():
        build = [sys.executable, "-m", "hatchling", "build", "--directory", folder]
        environment = {**os.environ, "TZ": "Asia/Kolkata"}
        project_folder = tree / package.parent.relative_to(ROOT)
        subprocess.run(build, check=True, capture_output=True, cwd=project_folder, env=environment, umask=0o077)
    return folder


def project(distribution):
    content = (PACKAGES[distribution].parent / "pyproject.toml").read_text(encoding="utf-8")
    return tomllib.loads(content)["project"]


def requirements(distribution):
    table = project(distribution)
    return sum(table.get("optional-dependencies", {}).values(), table["dependencies"])


def name_of(requirement):
    return re.match(r"[\w-]*", requirement)[0]


def package_file(distribution):
    return distribution.replace("-", "_")


def files_of(package):
    """What of a package is shipped, relative to the folder around it."""
    files = (path for path in package.rglob("*") if path.is_file() and path.suffix != ".pyc")
    return {path.relative_to(package.parent).as_posix() for path in files}


def imported_by(package):
    """The top-level names that a package imports, also inside functions."""
    nodes = [node for path in package.rglob("*.py") for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))]
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    named = {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
    return {name.partition(".")[0] for name in plain | named}

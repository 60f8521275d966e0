"""What `make demo` and `make test` install is pinned, and a file with another hash is refused."""

import hashlib
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from s2s_toolkit.testing.requirements import require

ROOT = Path(__file__).parents[1]
PIN = re.compile(r"^([a-z0-9-]+==\S+)", re.MULTILINE)
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}\b")
UNHASHED = "torch"
"""Its builds for processors and for CUDA are different files of one version, from different indexes."""


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_every_pin_but_torchs_has_hashes() -> None:
    pinned = {pin for pin in PIN.findall(read("constraints.txt")) if not pin.startswith(f"{UNHASHED}==")}
    blocks = re.split(r"\n(?=[a-z])", read("hashes.txt").strip())
    assert {PIN.match(block)[1] for block in blocks} == pinned, "run: make hashes"
    assert [block for block in blocks if not HASH.search(block)] == []


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    """A distribution that holds nothing."""
    path = tmp_path / "nothing_at_all-1.0-py3-none-any.whl"
    info = "nothing_at_all-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: nothing-at-all\nVersion: 1.0\n")
        file.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr(f"{info}/RECORD", "")
    return path


@pytest.fixture
def install(wheel: Path, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess]:
    """Install it as the Makefile does, with lines of constraints."""
    require("pip")
    options = re.search(r"^HASHES \?= (.*) --constraint hashes\.txt$", read("Makefile"), re.MULTILINE)[1].split()

    def call(*lines: str) -> subprocess.CompletedProcess:
        (tmp_path / "lines.txt").write_text("\n".join(lines), encoding="utf-8")
        place = ("--no-index", "--find-links", wheel.parent, "--target", tmp_path / "site")
        command = [sys.executable, "-m", "pip", "--isolated", "install", *options, *place]
        return subprocess.run(
            [*command, "--constraint", tmp_path / "lines.txt", "nothing-at-all"],
            capture_output=True,
            text=True,
            check=False,
        )

    return call


def test_a_file_with_its_hash_is_installed_and_one_without_a_hash_too(wheel: Path, install) -> None:
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    assert install("nothing-at-all==1.0", f"nothing-at-all==1.0 --hash=sha256:{digest}").returncode == 0
    assert install("nothing-at-all==1.0").returncode == 0


def test_a_file_with_another_hash_is_refused(install, tmp_path: Path) -> None:
    done = install("nothing-at-all==1.0", f"nothing-at-all==1.0 --hash=sha256:{'0' * 64}")
    assert done.returncode != 0
    assert "DO NOT MATCH THE HASHES" in done.stderr
    assert not (tmp_path / "site").exists()

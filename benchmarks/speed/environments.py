"""The peers' environments: each a virtual environment of its own, with the versions that its file pins."""

import subprocess
import sys
import zlib
from pathlib import Path

import click

PEERS = {"joeynmt": "JoeyNMT 2.3.0", "yoyodyne": "yoyodyne 0.5.27"}
REQUIREMENTS = Path(__file__).parent / "peers"


def python_of(peer: str, cache: Path) -> Path:
    """The peer's interpreter; its environment is made unless it is there, once for each content of its file."""
    requirements = REQUIREMENTS / f"{peer}.txt"
    folder = cache / "environments" / f"{peer}-{zlib.crc32(requirements.read_bytes()):08x}"
    python, complete = folder / "bin/python", folder / "complete"
    if not complete.exists():
        click.echo(f"Making an environment for {PEERS[peer]} in {folder}; this takes some minutes", err=True)
        call(sys.executable, "-m", "venv", "--clear", "--without-pip", str(folder))
        # the pins are all there is: what a peer asks for beside them is left out, for the reasons in its file
        options = ("--quiet", "--disable-pip-version-check", "--no-deps", "--requirement")
        call(sys.executable, "-m", "pip", "--python", str(python), "install", *options, str(requirements))
        complete.touch()
    return python.absolute()


def call(*command: str) -> None:
    """Run a command; ClickException with the last of what it says where it fails."""
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        last = "\n".join(done.stderr.splitlines()[-5:])
        raise click.ClickException(f"can't make a peer's environment: {' '.join(command)}\n{last}")

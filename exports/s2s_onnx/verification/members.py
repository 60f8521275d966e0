"""Which checkpoints of which runs a file holds, as far as its metadata says so."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from s2s_toolkit.errors import ConfigError
from s2s_toolkit.run import Run


def runs_of_members(metadata: Mapping[str, Any], runs: Sequence[Run]) -> list[Run]:
    """The runs, in the order of the file's models, each with the checkpoint that the file names unless one was chosen.

    ConfigError where the file has more models than there are runs, or fewer.
    """
    members = metadata.get("members", [metadata])
    if len(members) != len(runs):
        told = f"the file holds {_counted(len(members), 'model')}, given {_counted(len(runs), 'run')}"
        raise ConfigError(f"{told}; name each further one with --ensemble, in the order in which they were exported")
    named = [member.get("checkpoint", "") for member in members]  # files of earlier versions hold the best one
    return [replace(run, checkpoint=run.checkpoint or name) for run, name in zip(runs, named, strict=True)]


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" + "s" * (number != 1)

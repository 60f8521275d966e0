"""Where a file can't grow, every command that writes one says so in one line, and leaves what was there."""

from collections.abc import Callable
from pathlib import Path

import pytest

from s2s_toolkit.testing.little_room import little_room
from s2s_toolkit.testing.requirements import require

WRITING = {
    "translate run train.tsv -o out.txt --framework numpy --json": "out.txt",
    "average run last": "run/checkpoints/averaged.safetensors",
    "export run --format safetensors": "run/model.safetensors",
    "export run": "run/model.onnx",
    "report run -o report.html": "report.html",
    "plot run --curves -o curves.png": "curves.png",
    "vocabulary tiny.toml -o new/words": "new/words/source.vocabulary.json",
    "train tiny.toml -o new/run": "new/run",
    "train tiny.toml -o new/run --set data.cache='new/cache'": "new/cache/",
    "tune tiny.toml -o new/search --try training.batch_size=4,8": "new/search/search.json",
}
"""Command -> what of it has no room."""


@pytest.mark.parametrize("command", WRITING)
def test_a_file_that_can_not_grow_is_told_and_leaves_nothing(
    command: str, run: Path, refusal: Callable[..., str]
) -> None:
    require("torch")
    with little_room():
        said = refusal(*command.split())
    place = WRITING[command]
    assert said.startswith("can't write ")
    assert place in said
    assert said.endswith(": File too large; choose another place")

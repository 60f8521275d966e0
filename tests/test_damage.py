"""A flipped bit in what a run has written is found and named."""

from pathlib import Path

import numpy as np
import pytest

from s2s_toolkit.errors import RunError
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import Checkpoint, load_checkpoint, open_run
from s2s_toolkit.testing.tiny_training import Recorder, train_tiny, write_tiny

FLIPS = 200


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("damaged")
    bpe = {"tokenizer": {"name": "bpe", "size": 30}}
    return train_tiny(write_tiny(folder, source=bpe), Recorder(), {}).path


def flipped(content: bytes, rng: np.random.Generator) -> bytes:
    """The content with one bit the other way."""
    changed = bytearray(content)
    changed[rng.integers(len(content))] ^= 1 << int(rng.integers(8))
    return bytes(changed)


def same(found: Checkpoint, expected: Checkpoint) -> bool:
    pairs = [(found.weights, expected.weights), (found.optimizer, expected.optimizer)]
    return found.progress == expected.progress and all(
        a.keys() == b.keys() and all(np.array_equal(a[name], b[name]) for name in b) for a, b in pairs
    )


@pytest.mark.parametrize("name", ["best", "last"])
def test_no_flipped_bit_changes_what_is_read_of_a_checkpoint(run: Path, tmp_path: Path, name: str) -> None:
    content = (run / "checkpoints" / f"{name}.safetensors").read_bytes()
    expected, rng = load_checkpoint(run / "checkpoints" / f"{name}.safetensors"), np.random.default_rng(1)
    path, refused = tmp_path / "damaged.safetensors", 0
    for _ in range(FLIPS):
        path.write_bytes(flipped(content, rng))
        try:
            assert same(load_checkpoint(path), expected)  # the header has room for bits that mean nothing
        except RunError as error:
            refused += str(path) in str(error)
    assert refused > 0.9 * FLIPS


@pytest.mark.parametrize("digests", ["[]", "[1]", "3", '{"source.vocabulary.json": 3}'])
def test_digests_that_are_none_are_refused(run: Path, registry: Registry, digests: str) -> None:
    path = run / "run.json"
    content = path.read_text(encoding="utf-8")
    try:
        path.write_text(f'{{"format": 1, "sha256": {digests}}}', encoding="utf-8")
        if digests == "[]":  # as good as none
            open_run(run, registry)
        else:
            with pytest.raises(RunError, match="is damaged"):
                open_run(run, registry)
    finally:
        path.write_text(content, encoding="utf-8")


@pytest.mark.parametrize("name", ["source.vocabulary.json", "target.vocabulary.json", "source.tokenizer.json"])
def test_a_changed_vocabulary_or_tokenizer_is_named(run: Path, registry: Registry, name: str) -> None:
    path, rng = run / name, np.random.default_rng(2)
    content = path.read_bytes()
    try:
        for _ in range(20):
            path.write_bytes(flipped(content, rng))
            with pytest.raises(RunError, match=rf"{name} is damaged or was changed; restore it"):
                open_run(run, registry)
    finally:
        path.write_bytes(content)
    open_run(run, registry)

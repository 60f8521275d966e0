"""A file that somebody spoilt, its digest made anew: each command works with it, or ends in one clear line.

Nothing is written outside of what the command was told to write, and memory stays bounded.
"""

import gzip
import json
import random
import shutil
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tomli_w
from click.testing import Result

from s2s_toolkit.config_sections import PartConfig
from s2s_toolkit.files import file_digest
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import load_checkpoint, save_checkpoint
from s2s_toolkit.testing.mutants import damaged, rewritten
from s2s_toolkit.testing.requirements import require
from s2s_toolkit.testing.tiny_training import PAIRS
from s2s_toolkit.testing.untrained_runs import write_run

Scale = Callable[[int, int], int]
S2S = Callable[..., Result]

SHORT, LONG = 25, 5000
MEMORY = Path("/proc/self/status")
MOST_MB = 1000
NO_ERRORS = ("s2s: warning: ", "s2s: reading the data and building the model")
LONGEST_LINE = 1000


@pytest.fixture(scope="module")
def whole(registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of subwords, with a tokenizer's and two vocabularies' files."""
    require("tokenizers")
    source = PartConfig(name="bpe", size=30)
    return write_run(
        tmp_path_factory.mktemp("whole") / "run", registry, source=source, lessons=["12 ab 13 ab"] * 3
    ).path


@pytest.fixture
def place(whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory: a copy of the run, and pairs."""
    shutil.copytree(whole, tmp_path / "run")
    (tmp_path / "pairs.tsv").write_text("".join(f"{line}\n" for line in PAIRS), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(autouse=True)
def bounded_memory() -> Iterator[None]:
    """The peak of a test's memory over what was there before, where the system tells it."""
    if not MEMORY.exists():
        yield
        return
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak begins anew
    before = peak_mb()
    yield
    assert peak_mb() - before < MOST_MB


def peak_mb() -> float:
    (line,) = (line for line in MEMORY.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1e3


def assert_works_or_tells(done: Result, case: object) -> None:
    assert done.exception is None or isinstance(done.exception, SystemExit), (case, done.exception)
    assert done.exit_code in (0, 2), (case, done.output)
    told = [line for line in done.stderr.splitlines() if not line.startswith(NO_ERRORS)]
    if done.exit_code:
        assert len(told) == 1, (case, told)
        assert told[0].startswith("s2s: "), (case, told)
        assert len(told[0]) < LONGEST_LINE, case


def files_of(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def seal_again(run: Path) -> None:
    """Make run.json's digests those of what is there."""
    path = run / "run.json"
    about = json.loads(path.read_text(encoding="utf-8"))
    about["sha256"] = {name: file_digest(run / name) for name in about["sha256"]}
    path.write_text(json.dumps(about), encoding="utf-8")


@pytest.mark.long
@pytest.mark.parametrize(
    "name", ["run.json", "source.vocabulary.json", "target.vocabulary.json", "source.tokenizer.json"]
)
def test_json_of_a_run(place: Path, s2s: S2S, scale: Scale, name: str) -> None:
    path, rng = place / "run" / name, random.Random(name)
    content, expected = path.read_bytes(), files_of(place)
    for number in range(scale(SHORT, LONG)):
        if number % 2:
            path.write_bytes(damaged(content, rng))
        else:
            path.write_text(json.dumps(rewritten(json.loads(content), rng)), encoding="utf-8")
        if name != "run.json":
            seal_again(place / "run")
        assert_works_or_tells(s2s("translate", "run", stdin="12 ab\n\n"), path.read_bytes()[:1000])
    assert files_of(place) == expected


@pytest.mark.long
def test_the_config_of_a_run(place: Path, s2s: S2S, scale: Scale) -> None:
    path, rng = place / "run" / "config.toml", random.Random("config")
    content, expected = path.read_bytes(), files_of(place)
    for number in range(scale(SHORT, LONG)):
        path.write_bytes(damaged(content, rng) if number % 2 else toml_of(content, rng))
        assert_works_or_tells(s2s("translate", "run", stdin="12 ab\n\n"), path.read_bytes())
    assert files_of(place) == expected


@pytest.mark.long
def test_a_config(place: Path, s2s: S2S, scale: Scale) -> None:
    require("torch")
    path, rng = place / "config.toml", random.Random("training")
    content = (place / "run" / "config.toml").read_bytes().replace(b"gone.tsv", b"pairs.tsv")
    content = content.replace(b'cache = ""\n', b"")  # the one key that names a folder to write to
    path.write_bytes(content)
    expected = files_of(place)
    for number in range(scale(SHORT, LONG)):
        path.write_bytes(damaged(content, rng) if number % 2 else toml_of(content, rng))
        done = s2s("train", path.name, "-o", "new", "--dry-run", "--framework", "torch")
        assert_works_or_tells(done, path.read_bytes())
    assert files_of(place) == expected


def toml_of(content: bytes, rng: random.Random) -> bytes:
    """Content that means something else, as far as TOML can say it."""
    while True:
        try:
            return tomli_w.dumps(rewritten(tomllib.loads(content.decode()), rng)).encode()
        except (TypeError, ValueError, AttributeError):
            continue


@pytest.mark.long
def test_a_checkpoint(place: Path, s2s: S2S, scale: Scale) -> None:
    path, rng = place / "run/checkpoints/best.safetensors", random.Random("checkpoint")
    content, expected = path.read_bytes(), files_of(place)
    weights = load_checkpoint(path).weights
    for number in range(scale(SHORT, LONG)):
        if number % 2:
            path.write_bytes(damaged(content, rng))
        else:
            save_checkpoint(path, strange_weights(weights, rng))
        assert_works_or_tells(s2s("translate", "run", stdin="12 ab\n\n"), number)
    assert files_of(place) == expected


def strange_weights(weights: dict[str, np.ndarray], rng: random.Random) -> dict[str, np.ndarray]:
    """Weights of which one is gone, renamed, of another shape or type, or no number."""
    name, changed = rng.choice(list(weights)), dict(weights)
    array = changed.pop(name)
    changes: list[Callable[[], Any]] = [
        lambda: None,
        lambda: changed.update({f"{name}.x": array}),
        lambda: changed.update({name: array[:-1]}),
        lambda: changed.update({name: array[None]}),
        lambda: changed.update({name: array.T}),
        lambda: changed.update({name: np.zeros((0, *array.shape[1:]), array.dtype)}),
        lambda: changed.update({name: np.float32(1)}),
        lambda: changed.update({name: array.astype(rng.choice([np.float64, np.float16, np.int64, np.bool_]))}),
        lambda: changed.update({name: array * rng.choice([np.nan, np.inf, 1e38])}),
    ]
    rng.choice(changes)()
    return changed


@pytest.mark.long
@pytest.mark.parametrize("suffix", ["", ".gz", ".zst"])
def test_pairs(place: Path, s2s: S2S, scale: Scale, suffix: str) -> None:
    if suffix == ".zst":
        require("pyarrow")
    path, rng = place / f"strange.tsv{suffix}", random.Random(suffix)
    content = pack((place / "pairs.tsv").read_bytes(), suffix)
    path.write_bytes(content)
    expected = files_of(place)
    for number in range(scale(SHORT, LONG)):
        if number % 2 and suffix:  # whole outside, strange inside
            path.write_bytes(pack(damaged((place / "pairs.tsv").read_bytes(), rng), suffix))
        else:
            path.write_bytes(damaged(content, rng))
        assert_works_or_tells(s2s("evaluate", "run", path.name, "--metric", "ser"), path.read_bytes())
    assert files_of(place) == expected


def pack(content: bytes, suffix: str) -> bytes:
    if suffix == ".gz":
        return gzip.compress(content)
    if suffix == ".zst":
        import pyarrow

        return pyarrow.compress(content, "zstd", asbytes=True)
    return content

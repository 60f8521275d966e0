"""Store what this version writes, for every later version to read: `python tests/stored/make.py`, once for a release.

The folder is named after the version's first two numbers and is never changed: what it holds is a promise. It has

train.tsv, dev.tsv          pairs: letters, and the same as capitals
characters.toml, subwords.toml  configs, and the runs that they gave: characters/ by PyTorch, subwords/ by TensorFlow
stored_0_1.py               the plugin file of the second
NAME.onnx.xz, NAME.onnx/    what was exported of them, compressed, since names of nodes are most of a small file
expected.json               what each model makes of a few sources, and how sure it is
"""

import json
import lzma
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import s2s_toolkit
from s2s_toolkit.cli import cli
from s2s_toolkit.files import atomic_folder
from s2s_toolkit.opening import open_translator
from s2s_toolkit.plugins import load_registry, register_files

HERE = Path(__file__).parent
LETTERS = "abcdef"
NUM_TRAIN, NUM_DEV = 300, 40
SOURCES = ["a", "fed", "cab", "abcde", "ffff", "beef", "CAFE", "", "abcdefabc", "a-b"]
"""What is translated: seen ones, an empty one, one that is longer than any in training, one with an unknown symbol."""

EXPORTS = {
    "beam": ("characters",),
    "int8": ("characters", "--precision", "int8", "--strategy", "greedy"),
    "ensemble": ("subwords", "--ensemble", "subwords:last"),
    "subwords": ("subwords",),
    "steps": ("characters", "--form", "steps", "--strategy", "greedy"),
}
"""Name -> the run that is exported, and options of `s2s export`."""

RUNS = ("characters", "subwords")


def main() -> None:
    """Make the folder of this version; the end if it is there."""
    version = ".".join(s2s_toolkit.__version__.split(".")[:2])
    place = HERE / version
    if place.exists():
        sys.exit(f"{place} exists, and what a version has stored is never changed; raise the version")
    with tempfile.TemporaryDirectory() as temporary, atomic_folder(place) as stored:
        build = Path(temporary)
        make(build, f"stored_{version.replace('.', '_')}.py")
        for path in sorted(path for path in build.rglob("*") if path.is_file() and "__pycache__" not in path.parts):
            kept = stored / path.relative_to(build)
            kept.parent.mkdir(parents=True, exist_ok=True)
            store(path, kept)


def make(build: Path, plugin: str) -> None:
    """Train, export and translate in a folder."""
    write_pairs(build)
    shutil.copy(HERE / "plugin.py", build / plugin)
    for name in RUNS:
        config = (HERE / f"{name}.toml").read_text(encoding="utf-8").replace("PLUGIN", plugin)
        (build / f"{name}.toml").write_text(config, encoding="utf-8")
        s2s("train", build / f"{name}.toml", "-o", build / name)
    for name, (run, *options) in EXPORTS.items():
        others = [build / option if option.startswith(RUNS) else option for option in options]
        s2s("--plugin", build / plugin, "export", build / run, "-o", build / f"{name}.onnx", *others)
    content = dict(expected(build, build / plugin))
    (build / "expected.json").write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def write_pairs(folder: Path) -> None:
    """Words of one to five letters, each once."""
    rng, words = np.random.default_rng(1), dict[str, None]()
    while len(words) < NUM_TRAIN + NUM_DEV:
        words["".join(rng.choice(list(LETTERS), rng.integers(1, 6)))] = None
    lines = [f"{word}\t{word.upper()}\n" for word in words]
    (folder / "train.tsv").write_text("".join(lines[:NUM_TRAIN]), encoding="utf-8")
    (folder / "dev.tsv").write_text("".join(lines[NUM_TRAIN:]), encoding="utf-8")


def s2s(*arguments: object) -> None:
    """A command, as on the command line; the end if it fails."""
    if failed := cli([str(argument) for argument in arguments], standalone_mode=False):
        sys.exit(failed)


def expected(build: Path, plugin: Path) -> Iterator[tuple[str, list[dict[str, object]]]]:
    """Of each run and each file: its name, and text and score of each source."""
    registry = load_registry()
    register_files(registry, [plugin])
    for name in (*RUNS, *(f"{name}.onnx" for name in EXPORTS)):
        found = open_translator(build / name, registry)(SOURCES)
        yield (
            name,
            [{"source": s, "text": t.text, "score": round(t.score, 5)} for s, t in zip(SOURCES, found, strict=True)],
        )


def store(path: Path, kept: Path) -> None:
    """Put a file where it stays: graphs compressed, a run's config without a path of the machine that trained it."""
    if path.suffix == ".onnx":
        kept.with_name(f"{kept.name}.xz").write_bytes(lzma.compress(path.read_bytes()))
    elif path.name == "config.toml":
        build = path.parents[1]
        kept.write_text(path.read_text(encoding="utf-8").replace(str(build), ".."), encoding="utf-8")
    else:
        shutil.copyfile(path, kept)


if __name__ == "__main__":
    main()

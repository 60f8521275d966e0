"""Make the reference files of this folder: train on dates, export in several ways, write down what the files give.

`make models` runs it. `NAME.onnx` gets a `NAME.expected.json` beside it, and `models.json` lists them all.
"""

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from s2s_toolkit.cli import cli
from s2s_toolkit.demo.dates import write_dates
from s2s_toolkit.files import atomic_path

MODELS = Path(__file__).parent
BUILD = MODELS.parents[1] / "build/models"
RUN = BUILD / "run"
FORMAT = 1
DIGITS = 5
OUTPUTS = ("text", "ids", "scores", "token_log_probs", "attention")

TYPES = {"tensor(string)": object, "tensor(int64)": np.int64, "tensor(float)": np.float32}
NO_PREFIX = {"prefix": [""]}

DATES = {
    "25 December 2024": "2024-12-25",
    "Thursday, the 29th of February 2024": "2024-02-29",
    "MAR 3, 1931": "1931-03-03",
    "20241225": "2024-12-25",
    "31.12.1999": "1999-12-31",
    "den 24. Dezember 2031": "2031-12-24",
    "1er mai 1968": "1968-05-01",
    "3 мая 1945 г.": "1945-05-03",
    "15 tháng 8 2043": "2043-08-15",
    "2026年11月22日": "2026-11-22",
    "2010년 10월 9일 토요일": "2010-10-09",
    "٢٥ ديسمبر ٢٠٢٤": "2024-12-25",
    "5 בינואר 1971": "1971-01-05",
    "২১ ফেব্রুয়ারী, ১৯৫২": "1952-02-21",
}
ODD = [
    "",
    " \t ",
    "🙂 ☃ 𝄞",  # unknown symbols alone
    "25 ☃ December\u20282024",  # and among known ones
    "</s> <unk> 1 May",
    ("Wednesday, the 25th of December 2024; " * 6)[:200],  # the longest that training would have read
]


@dataclass(frozen=True)
class Export:
    """One file: its name, how the page calls it, `s2s export`'s options, and settings to try it with."""

    name: str
    title: str
    description: str
    options: tuple[str, ...]
    settings: dict[str, Any] = field(default_factory=dict)


TASK = "Reads dates as people write them, in 36 languages, and writes ISO 8601."
EXPORTS = (
    Export(
        "dates-beam",
        "Dates, beam search",
        f"{TASK} The three best results of a beam of four.",
        ("--strategy", "beam", "-O", "beam_size=4", "-O", "n_best=3"),
    ),
    Export("dates-greedy", "Dates, greedy", f"{TASK} The likeliest symbol at each step.", ("--strategy", "greedy")),
    Export(
        "dates-sample",
        "Dates, samples",
        f"{TASK} Three samples at a high temperature, so that they differ.",
        ("--strategy", "sample", "-O", "num_samples=3", "-O", "temperature=2"),
        {"seed": 7, "temperature": 2.5},
    ),
    Export(
        "dates-beam-int8",
        "Dates, beam search, 8 bits",
        f"{TASK} As the first model, with weights of 8 bits.",
        ("--strategy", "beam", "-O", "beam_size=4", "-O", "n_best=3", "--precision", "int8", "--max-drop", "1"),
    ),
)


def main() -> None:
    """All of it, in some minutes."""
    write_dates(BUILD, seed=1, num_train=30_000, num_dev=1_000, num_test=1_000)
    s2s("train", MODELS / "dates.toml", "-o", RUN, "--force")
    for export in EXPORTS:
        path = MODELS / f"{export.name}.onnx"
        # JavaScript can only feed settings that have no default in the graph.
        s2s("export", RUN, "-o", path, "--force", "--settings", "required", *export.options)
        write_json(path.with_suffix(".expected.json"), expected(path, export.settings))
    write_json(MODELS / "models.json", {"format": FORMAT, "models": [listed(export) for export in EXPORTS]})


def s2s(*arguments: object) -> None:
    """A command, as on the command line; the end if it fails."""
    if failed := cli([str(argument) for argument in arguments], standalone_mode=False):
        sys.exit(failed)


def expected(path: Path, settings: dict[str, Any]) -> dict[str, Any]:
    """What a file gives for each source alone, in plain lists; `settings` overlay its defaults."""
    session = onnxruntime.InferenceSession(path)
    values = metadata(session)["settings"] | settings
    given = NO_PREFIX | values
    feed = {i.name: np.array(given[i.name], TYPES[i.type]) for i in session.get_inputs() if i.name in given}
    cases = []
    for source in (*DATES, *ODD):
        found = session.run(OUTPUTS, {"source": np.array([source], object), **feed})
        outputs = {name: plain(array[0]) for name, array in zip(OUTPUTS, found, strict=True)}
        cases.append({"source": source, "date": DATES.get(source), **outputs})
    return {"format": FORMAT, "settings": values, "cases": cases}


def listed(export: Export) -> dict[str, Any]:
    """What the page needs to know of a file."""
    said = metadata(onnxruntime.InferenceSession(MODELS / f"{export.name}.onnx"))
    return {
        "file": f"{export.name}.onnx",
        "title": export.title,
        "description": export.description,
        "strategy": said["strategy"],
        "precision": said["precision"],
        "settings": said["settings"],
        "examples": ["25 December 2024", "1er mai 1968", "2026年11月22日", "٢٥ ديسمبر ٢٠٢٤", "Thursday, 29 Feb 2024"],
    }


def metadata(session: onnxruntime.InferenceSession) -> dict[str, Any]:
    """What a file says of itself."""
    said: dict[str, Any] = json.loads(session.get_modelmeta().custom_metadata_map["s2s_toolkit"])
    return said


def plain(array: np.ndarray) -> list[Any]:
    """For JSON, floats rounded."""
    values: list[Any] = (array.astype(float).round(DIGITS) if array.dtype.kind == "f" else array).tolist()
    return values


def write_json(path: Path, content: dict[str, Any]) -> None:
    """One line for each item of the lists on top, so that a change can be read."""
    lists = {name: value for name, value in content.items() if isinstance(value, list)}
    head = {name: value for name, value in content.items() if name not in lists}
    text = json.dumps(head, ensure_ascii=False, indent=1)
    for name, items in lists.items():
        lines = ",\n".join(json.dumps(item, ensure_ascii=False, separators=(",", ":")) for item in items)
        text = f'{text[:-2]},\n "{name}": [\n{lines}\n ]\n}}'
    with atomic_path(path) as temporary:
        temporary.write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()

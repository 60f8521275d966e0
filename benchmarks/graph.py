"""Train a model on real data, export it in each precision, and print what the files cost and what they are worth.

    python benchmarks/graph.py multi30k cmudict

Quality is that of the dev pairs, whose loss chose the checkpoint. Speed is beside beam search in PyTorch
(`torch_beam.py`), the same sources in turn, one thread, in processor time: other programs on the machine hardly change
it.
"""

import re
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import truediv
from pathlib import Path
from statistics import median

import click
import numpy as np
import torch
from torch_beam import beam_search

from s2s_onnx import Translator
from s2s_toolkit.batches import source_arrays
from s2s_toolkit.config import read_config
from s2s_toolkit.corpus import Pair, read_pairs
from s2s_toolkit.evaluation import evaluate
from s2s_toolkit.exporter import find_exporter
from s2s_toolkit.loading import load_model, load_translator
from s2s_toolkit.plugins import load_registry
from s2s_toolkit.progress import show_training
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import Run, open_run
from s2s_toolkit.training import train

HERE = Path(__file__).parent
PRECISIONS = ("fp32", "fp16", "int8")
BATCH_SIZES = {1: 60, 32: 10}
"""Sources in a batch -> batches timed."""
BEAM_SIZE = 5
TORCH = "PyTorch"
OPENING = (
    "import sys, time; start = time.perf_counter(); from s2s_onnx import Translator; "
    "Translator(sys.argv[1], num_threads=1)([sys.argv[2]]); print(time.perf_counter() - start)"
)


@dataclass(frozen=True)
class Task:
    """A corpus.

    Attributes:
        folder: Where it lies among the data.
        metric: What is printed.
        prepare: What is done to a text first.
    """

    folder: str
    metric: str
    prepare: Callable[[str], str] = str


def words(text: str) -> str:
    """Words and punctuation marks, parted by spaces."""
    return " ".join(re.findall(r"\w+|[^\w\s]", text))


TASKS = {"multi30k": Task("multi30k-de-en", "bleu", words), "cmudict": Task("cmudict-g2p", "wer")}


@click.command()
@click.argument("names", nargs=-1, required=True, type=click.Choice(list(TASKS)))
@click.option("--data", type=click.Path(path_type=Path), default=HERE.parent.parent / "shared/data", show_default=True)
@click.option("--runs", type=click.Path(path_type=Path), default=Path("runs/graph"), show_default=True)
def main(names: tuple[str, ...], data: Path, runs: Path) -> None:
    """Print a table for each of NAMES; a run that is there already is not trained again."""
    torch.set_num_threads(1)
    registry = load_registry()
    for name in names:
        task = TASKS[name]
        if not (data / task.folder).is_dir():
            raise click.ClickException(f"there is no corpus {data / task.folder}; give --data FOLDER")
        run = trained(name, task, data, runs / name, registry)
        files = {precision: exported(run, precision, registry) for precision in PRECISIONS}
        click.echo(f"\n{name}\n{table(run, files, task, registry)}")


def trained(name: str, task: Task, data: Path, folder: Path, registry: Registry) -> Run:
    """The run; training takes some minutes."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "run").is_dir():
        for split in ("train", "dev"):
            lines = (data / task.folder / f"{split}.tsv").read_text(encoding="utf-8").splitlines()
            prepared = ("\t".join(map(task.prepare, line.split("\t"))) for line in lines)
            (folder / f"{split}.tsv").write_text("".join(f"{line}\n" for line in prepared), encoding="utf-8")
        config = read_config(HERE / f"{name}.toml")
        files = {split: (folder / f"{split}.tsv").absolute() for split in ("train", "dev")}
        paths = config.data.model_copy(update=files)
        with show_training() as observer:
            train(config.model_copy(update={"data": paths}), folder / "run", registry, observer)
    return open_run(folder / "run", registry)


def exported(run: Run, precision: str, registry: Registry) -> Path:
    """The run's file in a precision, made anew."""
    path = run.path / f"{precision}.onnx"
    exporter = find_exporter("onnx", registry, {"precision": precision})
    options = {"beam_size": BEAM_SIZE}
    click.echo(exporter.export(run, path, registry, framework="", strategy="beam", options=options), err=True)
    return path


def table(run: Run, files: dict[str, Path], task: Task, registry: Registry) -> str:
    """A row for PyTorch and one for each file."""
    pairs = list(read_pairs(run.config.data.dev, run.config.data.columns))
    metric = registry.load("metric", task.metric)
    translators = {precision: Translator(path, num_threads=1) for precision, path in files.items()}
    model = load_translator(run, registry, strategy="beam", options={"beam_size": BEAM_SIZE})
    score = evaluate(model, pairs, [metric], registry).scores[metric.name]
    times = {size: timed(run, translators, pairs, size, registry) for size in BATCH_SIZES}
    heads = [f"ms, batch {size}" for size in BATCH_SIZES] + [f"times as fast, batch {size}" for size in BATCH_SIZES]
    lines = [
        f"| | dev {metric.name} | {' | '.join(heads)} | MB | opening and first translation, s |",
        "|---" * (len(heads) + 4) + "|",
        f"| PyTorch | {score:.2f} | {' | '.join(milliseconds(times, TORCH))} | 1 | 1 | | |",
    ]
    for precision, path in files.items():
        score = evaluate(translators[precision], pairs, [metric], registry).scores[metric.name]
        ratios = [f"{median(map(truediv, t[TORCH], t[precision])):.2f}" for t in times.values()]
        size = f"{path.stat().st_size / 1e6:.2f}"
        opening = f"{median(opened(path, pairs[0].source) for _ in range(5)):.2f}"
        cells = [*milliseconds(times, precision), *ratios, size, opening]
        lines.append(f"| {precision} | {score:.2f} | {' | '.join(cells)} |")
    return "\n".join(lines)


def milliseconds(times: dict[int, dict[str, list[float]]], name: str) -> list[str]:
    """The median for each size of a batch."""
    return [f"{1e3 * median(found[name]):.1f}" for found in times.values()]


def timed(
    run: Run, translators: dict[str, Translator], pairs: Sequence[Pair], batch_size: int, registry: Registry
) -> dict[str, list[float]]:
    """Processor seconds of each batch, in PyTorch and with each file; sources of a batch are of similar length."""
    model = load_model(run, registry, "torch").module
    model.eval()
    texts = sorted((pair.source for pair in pairs), key=lambda text: len(run.source.encode(text)))
    starts = np.linspace(0, len(texts) - batch_size, BATCH_SIZES[batch_size]).astype(int)

    def in_torch(batch: Sequence[str]) -> None:
        ids, _ = source_arrays([run.source.encode(text) for text in batch])
        beam_search(model, torch.from_numpy(ids), beam_size=BEAM_SIZE, max_length=run.config.decoding.max_length)

    times: dict[str, list[float]] = {name: [] for name in (TORCH, *translators)}
    for number, start in enumerate((starts[0], *starts)):
        batch = texts[start : start + batch_size]
        for name, translate in {TORCH: in_torch, **translators}.items():
            begin = time.thread_time()
            translate(batch)
            if number:  # the first time is for warming up
                times[name].append(time.thread_time() - begin)
    return times


def opened(path: Path, text: str) -> float:
    """Seconds from the start of a new Python, its own start included, to the first translation."""
    begin = time.perf_counter()
    subprocess.run([sys.executable, "-c", OPENING, str(path), text], check=True, capture_output=True)
    return time.perf_counter() - begin


if __name__ == "__main__":
    main()

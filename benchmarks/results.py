"""Train what docs/benchmarks.md has results of, and print a row of its table for each model.

    python benchmarks/results.py scan g2p/fre g2p/ice --framework torch --framework tensorflow
    python benchmarks/results.py g2p --seeds 3
    python benchmarks/results.py cmudict --seeds 3 --test

Every model is scored three times, by its framework and as an exported file in 32 and in 8 bits; several seeds are
scored as an ensemble too. A run that is there already is scored, not trained again, and one that was stopped goes on.
Configs are chosen by their dev pairs: --test is for the end.
"""

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import fmean

import click

from s2s_toolkit.config import Config, read_config
from s2s_toolkit.corpus import read_pairs
from s2s_toolkit.entries import read_entries
from s2s_toolkit.evaluation import evaluate_entries
from s2s_toolkit.exporter import TextTranslator, find_exporter
from s2s_toolkit.loading import load_translator
from s2s_toolkit.metrics.loading import parse_metric
from s2s_toolkit.opening import open_translator
from s2s_toolkit.plugins import load_registry
from s2s_toolkit.progress import show_training
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import Run, open_run
from s2s_toolkit.training import train

HERE = Path(__file__).parent
PRECISIONS = ("fp32", "int8")
FILES = ("model", "ONNX", "int8")
HELD_OUT = 20
"""Where a task has no dev pairs, every so many-th training pair is one."""


@dataclass(frozen=True)
class Task:
    """Public data, and how its results are scored.

    Attributes:
        config: As seen from this folder.
        folder: Of the data.
        metrics: As `s2s evaluate --metric` takes them.
        grouped: Whether pairs of one source are one entry, any of which is right.
    """

    config: str
    folder: str
    metrics: tuple[str, ...]
    grouped: bool = False


TASKS = {
    "cmudict": Task("results/cmudict.toml", "cmudict-g2p", ("wer", "ser"), grouped=True),
    "conll2017": Task("results/conll2017.toml", "conll2017-high/english", ("exact_match", "cer")),
    "g2p": Task("results/g2p.toml", "sigmorphon2020-g2p", ("wer", "ser")),
    "multi30k": Task("results/multi30k.toml", "multi30k-de-en", ("sacrebleu:lowercase=true", "sacrebleu")),
    "scan": Task("results/scan.toml", "scan/simple", ("exact_match",)),
    "shakespeare": Task("results/shakespeare.toml", "shakespeare-restore", ("exact_match", "cer")),
    "classroom": Task("../examples/character_level.toml", "shakespeare-restore", ("exact_match", "cer")),
}


@dataclass(frozen=True)
class Job:
    """A task on its own data.

    Attributes:
        name: The task's, and a folder of its data behind a slash.
        task: The task.
        folder: Where the data lies.
    """

    name: str
    task: Task
    folder: Path

    def config(self, framework: str, seed: int, runs: Path) -> Config:
        """The task's config on this data."""
        config = read_config(HERE / self.task.config)
        data = config.data.model_copy(update=dict(zip(("train", "dev"), self._files(runs), strict=True)))
        return config.model_copy(update={"data": data, "framework": framework, "seed": seed})

    def pairs(self, name: str, runs: Path) -> Path:
        """The file of the dev or the test pairs."""
        return self._files(runs)[1] if name == "dev" else self.folder / f"{name}.tsv"

    def _files(self, runs: Path) -> tuple[Path, Path]:
        """The training pairs and the dev pairs."""
        train, dev = self.folder / "train.tsv", self.folder / "dev.tsv"
        if dev.is_file():
            return train, dev
        return held_out(train, runs / "data" / self.name)


@cache
def held_out(train: Path, own: Path) -> tuple[Path, Path]:
    """Training pairs and dev pairs, cut from training pairs into a folder, once in a process."""
    own.mkdir(parents=True, exist_ok=True)
    lines = train.read_text(encoding="utf-8").splitlines(keepends=True)
    parts = {own / "train.tsv": lambda n: n % HELD_OUT, own / "dev.tsv": lambda n: not n % HELD_OUT}
    for path, belongs in parts.items():
        path.write_text("".join(line for n, line in enumerate(lines, 1) if belongs(n)), encoding="utf-8")
    return own / "train.tsv", own / "dev.tsv"


@dataclass(frozen=True)
class Row:
    """A row of the table.

    Attributes:
        name: Of the job.
        framework: What trained.
        seeds: Of the model, or of the models of an ensemble.
        scores: Of the model in its framework, of its file and of its file in 8 bits: metric -> value.
        minutes: Processor time of training; of what was done before it was stopped, the time of its steps.
    """

    name: str
    framework: str
    seeds: str
    scores: tuple[dict[str, float], ...]
    minutes: float

    def __str__(self) -> str:
        """In Markdown."""
        cells = (", ".join(f"{name} {value:.2f}" for name, value in values.items()) for values in self.scores)
        return f"| {self.name} | {self.framework} | {self.seeds} | {' | '.join(cells)} | {self.minutes:.1f} |"


@click.command()
@click.argument("names", metavar="TASK...", nargs=-1, required=True)
@click.option("--framework", "-f", "frameworks", multiple=True, default=("torch",), show_default=True)
@click.option("--seeds", type=click.IntRange(min=1), default=1, show_default=True, help="Models of seeds 1 to this.")
@click.option("--test", is_flag=True, help="Score the test pairs, not the dev pairs.")
@click.option("--data", type=click.Path(path_type=Path), default=HERE.parent.parent / "shared/data")
@click.option("--runs", type=click.Path(path_type=Path), default=Path("runs/results"), show_default=True)
def main(names: Sequence[str], frameworks: Sequence[str], seeds: int, test: bool, data: Path, runs: Path) -> None:
    """Train the models of TASKs and score them: all of the 15 languages of g2p, or one, as g2p/fre."""
    registry, pairs, rows = load_registry(), "test" if test else "dev", []
    jobs = [job for name in names for job in jobs_of(name, data) if job.pairs(pairs, runs).is_file()]
    click.echo(f"| data | framework | seed | {' | '.join(f'{pairs}, {file}' for file in FILES)} | training, CPU min |")
    click.echo("|---|---|---|---|---|---|---|")
    for job in jobs:
        for framework in frameworks:
            trained = [train_once(job, framework, seed, runs, registry) for seed in range(1, seeds + 1)]
            groups = [[run] for run in trained] + [trained] * (seeds > 1)
            for group in groups:
                rows.append(score(job, group, pairs, runs, registry))
                click.echo(rows[-1])
    for mean in means(rows):
        click.echo(mean)


def jobs_of(name: str, data: Path) -> list[Job]:
    """The task of a name, once its data is known to be there; on each of its folders where it has several."""
    task_name, _, part = name.partition("/")
    if task_name not in TASKS:
        raise click.ClickException(f"there is no task {task_name!r}; tasks: {', '.join(TASKS)}")
    task = TASKS[task_name]
    folder = data / task.folder / part
    found = sorted(path.parent for path in (*folder.glob("train.tsv"), *folder.glob("*/train.tsv")))
    if not found:
        raise click.ClickException(f"there is no data for {name} in {folder}; give --data FOLDER")
    return [Job(task_name if at == data / task.folder else f"{task_name}/{at.name}", task, at) for at in found]


def train_once(job: Job, framework: str, seed: int, runs: Path, registry: Registry) -> Run:
    """The run of a job, trained if it is not there yet, and beside it how long that took."""
    path = runs / job.name / f"{framework}-{seed}"
    if not (path / "cpu.json").is_file():
        begun = seconds_of(path)
        start = time.process_time()
        with show_training() as observer:
            train(job.config(framework, seed, runs), path, registry, observer, resume=begun > 0, force=not begun)
        (path / "cpu.json").write_text(json.dumps({"seconds": begun + time.process_time() - start}))
    return open_run(path, registry)


def seconds_of(path: Path) -> float:
    """How long the steps of a run took, up to the validation that it can go on from; 0 where it can't."""
    if not (path / "checkpoints" / "last.safetensors").is_file():
        return 0.0
    whole = (path / "metrics.jsonl").read_text(encoding="utf-8").split("\n")[:-1]
    return float(json.loads(whole[-1])["seconds"])


def score(job: Job, group: Sequence[Run], pairs: str, runs: Path, registry: Registry) -> Row:
    """Score one model, or several as an ensemble."""
    first, *others = group
    seeds = "+".join(run.path.name.rpartition("-")[2] for run in group)
    source, target = first.source, first.target
    texts = read_pairs(job.pairs(pairs, runs), first.config.data.columns)
    entries = read_entries(texts, source, target, group_sources=job.task.grouped)
    metrics = [parse_metric(name, registry) for name in job.task.metrics]
    scores = tuple(
        evaluate_entries(translator, entries, metrics).scores
        for translator in translators(first, others, registry, seeds)
    )
    seconds = sum(json.loads((run.path / "cpu.json").read_text())["seconds"] for run in group)
    return Row(job.name, first.config.framework, seeds, scores, seconds / 60)


def means(rows: Sequence[Row]) -> Iterator[Row]:
    """The mean of each task that was scored on several folders, by framework and seeds; the times are summed."""
    alike: dict[tuple[str, str, str], list[Row]] = {}
    for row in rows:
        alike.setdefault((row.name.partition("/")[0], row.framework, row.seeds), []).append(row)
    for (name, framework, seeds), group in alike.items():
        if len(group) > 1:
            scores = tuple(
                {metric: fmean(values[metric] for values in of_files) for metric in of_files[0]}
                for of_files in zip(*(row.scores for row in group), strict=True)
            )
            yield Row(f"{name}, mean of {len(group)}", framework, seeds, scores, sum(row.minutes for row in group))


def translators(run: Run, others: Sequence[Run], registry: Registry, seeds: str) -> Iterator[TextTranslator]:
    """The model in its framework, then as an exported file in each precision."""
    yield load_translator(run, registry, others=others)
    for precision in PRECISIONS:
        path = run.path / f"{precision}-{seeds}.onnx"
        if not path.is_file():
            exporter = find_exporter("onnx", registry, {"precision": precision})
            how = {"framework": "", "strategy": "", "options": {}}
            if others:
                exporter.export_ensemble([run, *others], path, registry, **how)
            else:
                exporter.export(run, path, registry, **how)
        yield open_translator(path, registry)


if __name__ == "__main__":
    main()

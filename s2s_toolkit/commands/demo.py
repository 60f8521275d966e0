"""`s2s demo`: the whole way on a built-in task, from data to an exported file at work."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from s2s_toolkit.assignments import Assignment, overlay
from s2s_toolkit.commands.decoding import FILE, DecodingRequest, framework_option
from s2s_toolkit.commands.export import export_run
from s2s_toolkit.commands.plot import plot_text
from s2s_toolkit.config import Config, load_toml, parse_config, read_config
from s2s_toolkit.corpus import Pair
from s2s_toolkit.demo.dates import DateCorpus, write_dates
from s2s_toolkit.errors import RunError, UnsupportedError
from s2s_toolkit.evaluation import evaluate
from s2s_toolkit.exporter import TextTranslator, find_exporter
from s2s_toolkit.model import REFERENCE
from s2s_toolkit.opening import open_translator
from s2s_toolkit.plotting import require_drawable
from s2s_toolkit.progress import show_training
from s2s_toolkit.reference import DOES_NOT_TRAIN
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import check_place, is_run
from s2s_toolkit.training import train

CONFIG = Path(__file__).parents[1] / "demo" / "dates.toml"
DATA = "demo-data"
DATA_SEED = 1


@dataclass(frozen=True)
class Sizes:
    """How many pairs the demo makes."""

    train: int = 30_000
    dev: int = 1_000
    test: int = 1_000


@click.command()
@framework_option("What trains: torch or tensorflow; by default torch.")
@click.option("-o", "--output", metavar="RUN", type=FILE, help="The run directory; by default runs/demo-<framework>.")
@click.option(
    "--seed", type=click.IntRange(0, 2**31 - 1), default=1, show_default=True, help="Draws first weights and batches."
)
@click.pass_obj
def command(registry: Registry, *, framework: str, output: Path | None, seed: int) -> None:
    """Teach a model to read dates in many languages, export it, and run the file.

    Makes its own data beside the run directory, downloads nothing, and takes about two minutes. An older run of the
    demo at the same place is replaced.
    """
    framework = framework or "torch"
    run_demo(output or Path("runs") / f"demo-{framework}", registry, [("framework", framework), ("seed", seed)])


def run_demo(path: Path, registry: Registry, changes: list[Assignment], sizes: Sizes = Sizes()) -> None:
    """Every stage, each told on stderr; the translations go to stdout.

    Args:
        path: The run directory; the data goes beside it.
        registry: Where parts are found.
        changes: What is laid over the demo's config.
        sizes: How much data is made.
    """
    data, file, picture = path.parent / DATA, path / "model.onnx", path / "attention.png"
    config = _config(data, changes)
    registry.load("framework", config.framework)  # now, not after minutes
    if config.framework == REFERENCE:
        raise UnsupportedError(DOES_NOT_TRAIN)
    find_exporter("onnx", registry)
    require_drawable(picture)
    _require_own(path)
    with _stage("making dates") as details:
        corpus = write_dates(data, seed=DATA_SEED, num_train=sizes.train, num_dev=sizes.dev, num_test=sizes.test)
        details.append(f"{sizes.train:,} to train, {sizes.dev:,} dev, {sizes.test:,} test in {data}")
    with _stage("training") as details:
        with show_training() as observer:
            train(config, path, registry, observer, force=True)
        details.append(str(path))
    with _stage("evaluating") as details:
        details.append(_score(open_translator(path, registry), corpus, registry))
    with _stage("exporting") as details:
        request = DecodingRequest("", "", {})
        details += [str(file), export_run(path, file, registry, format_name="onnx", decoding=request)]
    with _stage("translating with the exported file alone") as details:
        translator = open_translator(file, registry)
        _translate_five(translator, corpus)
    with _stage("drawing attention") as details:
        plot_text(translator, _plain_source(corpus), picture, missing_glyphs="code-points")
        details.append(str(picture))


def _config(data: Path, changes: list[Assignment]) -> Config:
    paths = [(f"data.{split}", str(data.absolute() / f"{split}.tsv")) for split in ("train", "dev")]
    return parse_config(overlay(load_toml(CONFIG), [*paths, *changes]), folder=CONFIG.parent, where="the demo's config")


def _score(translator: TextTranslator, corpus: DateCorpus, registry: Registry) -> str:
    """Exact match on all test rows, whose days are new, and on those whose wording is new too."""
    metric = [registry.load("metric", "exact_match")]
    parts = []
    for rows, what in ((corpus.test, "new days"), (corpus.unseen["test"], "of them in a new wording")):
        evaluation = evaluate(translator, [Pair(*row) for row in rows], metric, registry)
        parts.append(f"{evaluation.scores['exact_match']:.1f} % on {evaluation.pairs:,} {what}")
    return f"exact match {', '.join(parts)}"


def _translate_five(translator: TextTranslator, corpus: DateCorpus) -> None:
    sources = [source for source, _ in corpus.test[:5]]
    for source, translation in zip(sources, translator(sources), strict=True):
        click.echo(f"{source} -> {translation.text}")


def _require_own(path: Path) -> None:
    """Refuse, before anything is written, to replace what is not a run of the demo's."""
    check_place(path, force=True)
    if is_run(path) and DATA not in str(read_config(path / "config.toml").data.train):
        raise RunError(f"{path} is a run but not the demo's; choose another place with -o")


def _plain_source(corpus: DateCorpus) -> str:
    """A date with words in it, in letters that every font has."""
    return next(source for source, _ in corpus.test if source.isascii() and any(map(str.isalpha, source)))


@contextmanager
def _stage(name: str) -> Iterator[list[str]]:
    """Tell what was done and how long it took; what is put into the list is told too."""
    details: list[str] = []
    start = time.perf_counter()
    yield details
    seconds = f"{time.perf_counter() - start:.1f} s"
    click.echo(f"{name}: {'; '.join([*details, seconds])}", err=True)

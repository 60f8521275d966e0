"""`s2s evaluate`: metrics of a model on pairs."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from s2s_toolkit.assignments import Assignment
from s2s_toolkit.commands.decoding import FILE, DecodingRequest, decoding_options, device_option, gather
from s2s_toolkit.commands.messages import tell
from s2s_toolkit.commands.plugin_files import plugin_option
from s2s_toolkit.commands.tables import show_table
from s2s_toolkit.corpus import Paths, read_pairs
from s2s_toolkit.errors import DataError
from s2s_toolkit.evaluation import Evaluation, described_columns, evaluate
from s2s_toolkit.exporter import TextTranslator
from s2s_toolkit.metrics import LOSS, Metric, load_metric
from s2s_toolkit.progress import count_sources
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import expect_parts, is_run, open_run

METRICS = ("exact_match", "ser", "wer")
"""What is computed unless something else is asked for: they hold for every task, and need nothing installed."""


@click.command()
@click.argument("model", type=FILE)
@click.argument("pairs", metavar="[PAIRS.tsv]", type=FILE, required=False)
@click.option(
    "--metric",
    "names",
    multiple=True,
    metavar="NAME",
    help=f"What to compute; may be repeated; by default {', '.join(METRICS)}, and what chose a run's best checkpoint.",
)
@click.option("--json", "as_json", is_flag=True, help="Write one JSON object.")
@decoding_options
@device_option
@plugin_option
@click.pass_obj
def command(
    registry: Registry,
    model: Path,
    pairs: Path | None,
    *,
    names: tuple[str, ...],
    as_json: bool,
    framework: str,
    strategy: str,
    options: Sequence[Assignment],
    max_length: int | None,
    device: str,
) -> None:
    """Score a model on pairs of source and reference, by default a run's own dev pairs."""
    decoding = gather(framework, strategy, options=options, max_length=max_length, device=device)
    if is_run(model):
        expect_parts(model, registry)  # a metric of a plugin that is missing is then told with the plugin
    metrics = [load_metric(name, registry) for name in names or _usual_metrics(model, registry)]
    evaluation = evaluate_model(model, pairs, metrics, registry, decoding=decoding)
    found = f"{evaluation.pairs:,} pairs, {evaluation.skipped:,} skipped for an empty side"
    tell(f"{found}, {evaluation.sentences_per_second:,.0f} sentences/s")
    if as_json:
        click.echo(_json(evaluation))
    else:
        show_table(("metric", "value"), [(m.name, _value(m, evaluation.scores[m.name])) for m in metrics], header=False)


def _usual_metrics(model: Path, registry: Registry) -> list[str]:
    own = open_run(model, registry).config.training.metric if is_run(model) else LOSS
    return list(dict.fromkeys([*METRICS, *([] if own == LOSS else [own])]))


def evaluate_model(
    model: Path, pairs: Path | None, metrics: Sequence[Metric], registry: Registry, *, decoding: DecodingRequest
) -> Evaluation:
    """Open a run directory or an exported file, and score it; a run has pairs of its own."""
    paths = pairs or _dev_pairs(model, registry)
    translator: TextTranslator = decoding.open(model, registry)
    columns = open_run(model, registry).config.data.columns if is_run(model) else described_columns(translator)
    texts = list(read_pairs(paths, columns))
    with count_sources() as watch:
        return evaluate(translator, texts, metrics, registry, watch=watch)


def _dev_pairs(model: Path, registry: Registry) -> Paths:
    if model.is_file():
        raise DataError(f"{model} comes without pairs; give a file of them: s2s evaluate {model} PAIRS.tsv")
    return open_run(model, registry).config.data.dev


def _value(metric: Metric, value: float) -> str:
    """With its unit for people, bare for programs."""
    return f"{value:.2f} {metric.unit}" if sys.stdout.isatty() else f"{value:.4f}"


def _json(evaluation: Evaluation) -> str:
    speed = round(evaluation.sentences_per_second, 1)
    return json.dumps(
        {
            "pairs": evaluation.pairs,
            "skipped": evaluation.skipped,
            "sentences_per_second": speed,
            "metrics": evaluation.scores,
        }
    )

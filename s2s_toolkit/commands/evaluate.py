"""`s2s evaluate`: metrics of a model on pairs."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click

from s2s_toolkit.commands.decoding import FILE, DecodingRequest, decoding_options, device_option
from s2s_toolkit.commands.plugin_files import plugin_option
from s2s_toolkit.commands.scores import describe, judge, show
from s2s_toolkit.commands.scoring import ScoringRequest, scoring_options
from s2s_toolkit.corpus import Paths, read_pairs
from s2s_toolkit.entries import Entries
from s2s_toolkit.errors import DataError, UnsupportedError
from s2s_toolkit.evaluation import Evaluation, described_columns, evaluate_entries, sides_of
from s2s_toolkit.metrics import LOSS, Metric
from s2s_toolkit.progress import count_sources
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import expect_parts, is_run, open_run


@click.command()
@click.argument("model", type=FILE)
@click.argument("pairs", metavar="[PAIRS.tsv]", type=FILE, required=False)
@click.option("--against", metavar="MODEL", type=FILE, help="Another model, to compare with.")
@scoring_options
@decoding_options
@device_option
@plugin_option
@click.pass_obj
def command(
    registry: Registry,
    model: Path,
    pairs: Path | None,
    *,
    against: Path | None,
    request: ScoringRequest,
    decoding: DecodingRequest,
) -> None:
    """Score a model on pairs of source and reference, by default a run's own dev pairs.

    Without --metric: exact_match, ser, wer, and what chose a run's best checkpoint; where symbols are pieces that a
    tokenizer learned, cer and word_edit_rate in place of the error rates of symbols.
    """
    evaluation, other = evaluate_models(model, against, pairs, registry, decoding=decoding, request=request)
    show(request, judge(request, evaluation, str(model), other, str(against or "")))


def evaluate_models(
    model: Path,
    against: Path | None,
    pairs: Path | None,
    registry: Registry,
    *,
    decoding: DecodingRequest,
    request: ScoringRequest,
) -> tuple[Evaluation, Evaluation | None]:
    """Open a run directory or an exported file, and score it; a run has pairs of its own. So for another one."""
    for path in (model, against):
        if path and is_run(path):
            expect_parts(path, registry)  # a metric of a plugin that is missing is then told with the plugin
    paths = pairs or _dev_pairs(model, registry)
    translator = decoding.open(model, registry)
    columns = open_run(model, registry).config.data.columns if is_run(model) else described_columns(translator)
    texts = list(read_pairs(paths, columns))
    source, target = sides_of(translator, registry)
    metrics = request.metrics(registry, target, _chosen_by(model, registry))
    entries = request.entries(texts, source, target)
    with count_sources() as watch:
        evaluation = evaluate_entries(translator, entries, metrics, watch=watch)
    describe(evaluation, group_sources=request.group_sources)
    if not against:
        return evaluation, None
    other = replace(decoding, checkpoint="", ensemble=()).open(against, registry)
    own = request.entries(texts, *sides_of(other, registry))
    _require_same_symbols(entries, own, metrics)
    with count_sources() as watch:
        return evaluation, evaluate_entries(other, entries, metrics, watch=watch)


def _require_same_symbols(entries: Entries, others: Entries, metrics: Sequence[Metric]) -> None:
    """UnsupportedError where two models cut references differently, and a metric compares symbols."""
    by_symbol = [metric.name for metric in metrics if not metric.on_text]
    if by_symbol and entries.entries != others.entries:
        raise UnsupportedError(
            f"the models cut targets into other symbols, so {by_symbol[0]} can't compare them; give metrics of text, "
            "such as --metric cer"
        )


def _chosen_by(model: Path, registry: Registry) -> list[str]:
    own = open_run(model, registry).config.training.metric if is_run(model) else LOSS
    return [] if own == LOSS else [own]


def _dev_pairs(model: Path, registry: Registry) -> Paths:
    if model.is_file():
        raise DataError(f"{model} comes without pairs; give a file of them: s2s evaluate {model} PAIRS.tsv")
    return open_run(model, registry).config.data.dev

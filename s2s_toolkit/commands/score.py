"""`s2s score`: metrics of outputs that are there already, whatever made them."""

from dataclasses import replace
from pathlib import Path

import click

from s2s_toolkit.commands.decoding import FILE
from s2s_toolkit.commands.plugin_files import plugin_option
from s2s_toolkit.commands.scores import describe, judge, show
from s2s_toolkit.commands.scoring import ScoringRequest, scoring_options
from s2s_toolkit.corpus import Pair, read_pairs
from s2s_toolkit.entries import Entries, Written
from s2s_toolkit.errors import DataError
from s2s_toolkit.evaluation import Evaluation, score
from s2s_toolkit.lines import read_lines
from s2s_toolkit.registry import Registry
from s2s_toolkit.text import TextSide, make_tokenizer


@click.command()
@click.argument("outputs", type=FILE)
@click.argument("pairs", metavar="[PAIRS.tsv]", type=FILE, required=False)
@click.option(
    "--tokenizer", default="words", show_default=True, metavar="NAME", help="What cuts texts into symbols for metrics."
)
@click.option("--against", type=FILE, help="Other outputs for the same sources, to compare with.")
@scoring_options
@plugin_option
@click.pass_obj
def command(
    registry: Registry,
    outputs: Path,
    pairs: Path | None,
    *,
    tokenizer: str,
    against: Path | None,
    request: ScoringRequest,
) -> None:
    """Score a file of outputs, a line for each pair of source and reference, or for each line of --reference."""
    if not pairs and (request.group_sources or not request.references):
        others = " or --reference" * (not request.group_sources)
        raise click.UsageError(f"give PAIRS.tsv of sources and references{others}")
    target = TextSide(make_tokenizer(tokenizer, registry))
    if pairs:
        wanted = list(read_pairs(pairs))
    else:
        first, *further = request.references
        wanted, request = [Pair("", line) for line in read_lines(first)], replace(request, references=further)
    metrics = request.metrics(registry, target)
    entries = request.entries(wanted, None, target)

    def scored(path: Path) -> Evaluation:
        return score(read_outputs(path, entries, target), entries, metrics)

    evaluation = scored(outputs)
    describe(evaluation, group_sources=request.group_sources)
    other = scored(against) if against else None
    show(request, judge(request, evaluation, str(outputs), other, str(against or "")))


def read_outputs(path: Path, entries: Entries, target: TextSide) -> list[Written]:
    """The output for each entry; DataError unless the file has a line for each pair, the same for each of a source."""
    texts = list(read_lines(path))
    num_pairs = entries.skipped + sum(map(len, entries.lines))
    if len(texts) != num_pairs:
        raise DataError(f"{path} has {len(texts)} lines for {num_pairs} pairs; give one for each")
    for lines in entries.lines:
        if other := [line for line in lines if texts[line] != texts[lines[0]]]:
            places = f"lines {lines[0] + 1} and {other[0] + 1}"
            raise DataError(f"{path}: {places} are outputs for the same source and differ; give one output for each")
    return [Written(texts[lines[0]], target.split(texts[lines[0]])) for lines in entries.lines]

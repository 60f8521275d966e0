"""The options that say how outputs are scored, the same for every command that does."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from s2s_toolkit.commands.decoding import FILE
from s2s_toolkit.commands.gathering import gathered
from s2s_toolkit.corpus import Pair
from s2s_toolkit.entries import Entries, read_entries
from s2s_toolkit.lines import read_lines
from s2s_toolkit.metrics import Metric
from s2s_toolkit.metrics.loading import parse_metric
from s2s_toolkit.metrics.resampling import Resampling
from s2s_toolkit.registry import Registry
from s2s_toolkit.text import TextSide

LENGTH, SYMBOLS = "length", "symbols"
"""What errors may be broken down by."""

BY_SYMBOL = ("exact_match", "ser", "wer")
"""What is computed unless something else is asked for: they hold for every task, and need nothing installed."""

BY_TEXT = ("exact_match", "cer", "word_edit_rate")
"""The same for targets whose symbols are pieces that a tokenizer learned, and mean nothing to a reader."""


@dataclass(frozen=True)
class ScoringRequest:
    """What the command line says about scoring.

    Attributes:
        names: Metrics with their options; none for the usual ones.
        references: Files of more references.
        group_sources: Whether pairs of one source are one entry.
        confidence: Whether to tell intervals.
        resampling: How they are made.
        breakdown: What errors are broken down by.
        as_json: Whether a program reads it.
    """

    names: Sequence[str]
    references: Sequence[Path]
    group_sources: bool
    confidence: bool
    resampling: Resampling
    breakdown: Sequence[str]
    as_json: bool

    def metrics(self, registry: Registry, target: TextSide, others: Sequence[str] = ()) -> list[Metric]:
        """What is computed: what is asked for, or what is usual for such targets and others."""
        names = self.names or [*usual_metrics(target), *others]
        return [parse_metric(name, registry) for name in dict.fromkeys(names)]

    def entries(self, pairs: Sequence[Pair], source: TextSide | None, target: TextSide) -> Entries:
        """The pairs with all references, as entries."""
        further = [list(read_lines(path)) for path in self.references]
        return read_entries(pairs, source, target, further=further, group_sources=self.group_sources)


def scoring_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of `ScoringRequest`, as `request`."""
    command = gathered("request", gather_scoring)(command)
    for option in reversed(
        (
            click.option(
                *("--metric", "names"),
                multiple=True,
                metavar="NAME[:OPTION=VALUE,…]",
                help="What to compute, such as sacrebleu:lowercase=true; may be repeated.",
            ),
            click.option(
                *("--reference", "references"),
                multiple=True,
                type=FILE,
                help="A file with a further reference for each pair, or an empty line; may be repeated.",
            ),
            click.option("--group-sources", is_flag=True, help="Pairs of one source are one entry, any of them right."),
            click.option("--confidence", is_flag=True, help="Show 95 % intervals, by bootstrap resampling."),
            click.option(
                *("--resamples", "times"),
                type=click.IntRange(min=1),
                default=1000,
                show_default=True,
                metavar="N",
                help="For --confidence and --against.",
            ),
            click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Of the resamples."),
            click.option(
                "--breakdown",
                multiple=True,
                type=click.Choice([LENGTH, SYMBOLS]),
                help="Show errors by length of the reference, or by symbol; may be repeated.",
            ),
            click.option("--json", "as_json", is_flag=True, help="Write one JSON object."),
        )
    ):
        command = option(command)
    return command


def gather_scoring(
    names: Sequence[str],
    references: Sequence[Path],
    *,
    group_sources: bool,
    confidence: bool,
    times: int,
    seed: int,
    breakdown: Sequence[str],
    as_json: bool,
) -> ScoringRequest:
    """The values of `scoring_options`, put together."""
    resampling = Resampling(times, seed)
    return ScoringRequest(names, references, group_sources, confidence, resampling, breakdown, as_json)


def usual_metrics(target: TextSide) -> Sequence[str]:
    """The metrics for such targets: of symbols, or of text where a tokenizer cuts words into pieces.

    Pieces of words mean nothing to a reader, and two models with different ones could not be compared.
    """
    return BY_TEXT if target.has_pieces else BY_SYMBOL

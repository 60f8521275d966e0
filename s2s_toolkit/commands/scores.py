"""What a scoring found, as tables for people and as JSON for programs."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import click

from s2s_toolkit.commands.messages import tell
from s2s_toolkit.commands.scoring import LENGTH, SYMBOLS, ScoringRequest
from s2s_toolkit.commands.tables import show_table
from s2s_toolkit.evaluation import Evaluation
from s2s_toolkit.metrics.breakdown import Bucket, SymbolBreakdown, by_length, by_symbol
from s2s_toolkit.metrics.measuring import Measurement
from s2s_toolkit.metrics.resampling import Difference, Interval, compare, confidence

SHOWN = 20
"""Rows of a breakdown by symbol on a terminal; the most frequent errors come first."""

NOTHING = "∅"
"""Stands in a table for a symbol that is missing."""


@dataclass(frozen=True)
class Scores:
    """Everything that was asked for.

    Attributes:
        evaluation: What was scored.
        name: What it is called.
        other: What it is compared with.
        other_name: What that is called.
        intervals: Metric -> its interval.
        differences: Metric -> the two compared.
        lengths: Entries by length.
        symbols: Errors by symbol.
        resampling: How often and from which seed, for JSON.
    """

    evaluation: Evaluation
    name: str
    other: Evaluation | None
    other_name: str
    intervals: dict[str, Interval]
    differences: dict[str, Difference]
    lengths: Sequence[Bucket]
    symbols: SymbolBreakdown | None
    resampling: dict[str, int]

    @property
    def measured(self) -> dict[str, Measurement]:
        """Metric -> what was measured."""
        return self.evaluation.measured

    @property
    def signatures(self) -> dict[str, str]:
        """Metric -> its signature, where it has one."""
        each = ((name, m.metric.signature, m.references) for name, m in self.measured.items())
        return {name: signature(references) for name, signature, references in each if signature}


def judge(
    request: ScoringRequest, evaluation: Evaluation, name: str, other: Evaluation | None = None, other_name: str = ""
) -> Scores:
    """Add what was asked for to an evaluation."""
    measured, resampling = evaluation.measured, request.resampling
    symbols = [each.symbols for each in evaluation.hypotheses]
    references = [[each.symbols for each in entry.references] for entry in evaluation.entries.entries]
    is_resampled = request.confidence or other is not None
    return Scores(
        evaluation,
        name,
        other,
        other_name,
        intervals={n: confidence(m, resampling) for n, m in measured.items()} if request.confidence else {},
        differences={n: compare(m, other.measured[n], resampling) for n, m in measured.items()} if other else {},
        lengths=by_length(references) if LENGTH in request.breakdown else [],
        symbols=by_symbol(symbols, references) if SYMBOLS in request.breakdown else None,
        resampling={"resamples": resampling.times, "seed": resampling.seed} if is_resampled else {},
    )


def show(request: ScoringRequest, scores: Scores) -> None:
    """Write the results to stdout, and what people should know of them to stderr."""
    for name, signature in scores.signatures.items():
        tell(f"{name}: {signature}")
    if request.as_json:
        click.echo(json.dumps(as_dict(scores), ensure_ascii=False))
        return
    _show_metrics(scores)
    if scores.differences:
        _part()
        _show_differences(scores)
    if scores.lengths:
        _part()
        _show_lengths(scores)
    if scores.symbols:
        _part()
        _show_symbols(scores.symbols)


def describe(evaluation: Evaluation, *, group_sources: bool) -> None:
    """Say what was compared, and that sources stand there more than once where they count as others."""
    entries = evaluation.entries
    num_entries = len(entries.entries)
    counted = f"{entries.num_references:,} pairs"
    if entries.num_references > num_entries:
        counted = f"{num_entries:,} entries with {entries.num_references:,} references"
    speed = f", {evaluation.sentences_per_second:,.0f} sentences/s" if evaluation.seconds else ""
    tell(f"{counted}, {entries.skipped:,} skipped for an empty side{speed}")
    if entries.num_repeated and not group_sources and all(entry.source for entry in entries.entries):
        times = f"{entries.num_repeated:,} time{'s' * (entries.num_repeated > 1)}"
        tell(f"a source comes again {times}; with --group-sources its targets are references of one entry")


def as_dict(scores: Scores) -> dict[str, Any]:
    """For JSON; what was not asked for is left out."""
    evaluation = scores.evaluation
    found: dict[str, Any] = {
        "pairs": evaluation.pairs,
        "entries": len(evaluation.entries.entries),
        "skipped": evaluation.skipped,
    }
    if evaluation.seconds:
        found["sentences_per_second"] = round(evaluation.sentences_per_second, 1)
    optional = {
        "signatures": scores.signatures,
        "intervals": {name: _pair(interval) for name, interval in scores.intervals.items()},
        **scores.resampling,
        "against": _against(scores),
        "lengths": [_length(scores, bucket) for bucket in scores.lengths],
        "symbols": [{**asdict(each), "errors": each.errors} for each in scores.symbols.symbols]
        if scores.symbols
        else [],
        "confusions": [asdict(each) for each in scores.symbols.confusions] if scores.symbols else [],
    }
    return found | {"metrics": evaluation.scores} | {name: value for name, value in optional.items() if value}


def _against(scores: Scores) -> dict[str, Any]:
    if not scores.other:
        return {}
    differences = {
        name: {"value": each.value, "interval": _pair(each.interval), "better": each.better, "p": each.p}
        for name, each in scores.differences.items()
    }
    return {"name": scores.other_name, "metrics": scores.other.scores, "differences": differences}


def _length(scores: Scores, bucket: Bucket) -> dict[str, Any]:
    least, greatest, entries = bucket
    metrics = {name: measured.of(entries) for name, measured in scores.measured.items()}
    return {"least": least, "greatest": greatest, "entries": len(entries), "metrics": metrics}


def _pair(interval: Interval) -> list[float]:
    return [interval.low, interval.high]


def _show_metrics(scores: Scores) -> None:
    columns = ["metric", "value", *(["low", "high"] if scores.intervals else []), *(["other"] if scores.other else [])]
    show_table(columns, [_row(scores, name) for name in scores.measured], header=len(columns) > 2)


def _row(scores: Scores, name: str) -> list[str]:
    cells = [name, _with_unit(scores.measured[name])]
    if scores.intervals:
        cells += _number(scores.intervals[name].low), _number(scores.intervals[name].high)
    if scores.other:
        cells.append(_number(scores.other.scores[name]))
    return cells


def _show_differences(scores: Scores) -> None:
    rows = [
        [name, _signed(each.value), _signed(each.interval.low), _signed(each.interval.high), f"{each.p:.4f}"]
        for name, each in scores.differences.items()
    ]
    show_table(["metric", "difference", "low", "high", "p"], rows)


def _show_lengths(scores: Scores) -> None:
    rows = []
    for least, greatest, entries in scores.lengths:
        values = [_number(measured.of(entries)) for measured in scores.measured.values()]
        rows.append([str(least) if least == greatest else f"{least}-{greatest}", f"{len(entries)}", *values])
    show_table(["length", "entries", *scores.measured], rows)


def _show_symbols(found: SymbolBreakdown) -> None:
    most = SHOWN if sys.stdout.isatty() else None
    rows = [
        [each.symbol, *map(str, (each.references, each.substituted, each.deleted, each.inserted))]
        for each in found.symbols[:most]
    ]
    show_table(["symbol", "references", "substituted", "deleted", "inserted"], rows)
    _part()
    confusions = [
        [each.wanted or NOTHING, each.written or NOTHING, str(each.times)] for each in found.confusions[:most]
    ]
    show_table(["wanted", "written", "times"], confusions, grouped=False)


def _part() -> None:
    if not sys.stdout.isatty():
        click.echo()


def _with_unit(measured: Measurement) -> str:
    """With its unit for people, bare for programs."""
    unit = measured.metric.unit
    return f"{measured.value:.2f} {unit}" if sys.stdout.isatty() else _number(measured.value)


def _number(value: float) -> str:
    return f"{value:.2f}" if sys.stdout.isatty() else f"{value:.4f}"


def _signed(value: float) -> str:
    return f"{value:+.2f}" if sys.stdout.isatty() else f"{value:+.4f}"

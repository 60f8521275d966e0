"""What was measured, as JSON and as a Markdown table."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from statistics import median
from typing import Any

from benchmarks.speed.comparison import comparisons
from benchmarks.speed.measured import Measured
from benchmarks.speed.running import Outcome

HEADER = (
    "| row | ours | beside | ratio | lowest to highest | of processor time | mark | a second, ours | beside | "
    "seconds each | of the peak | MB, ours | beside |"
)


def as_json(outcome: Outcome) -> dict[str, Any]:
    """All about a row."""
    row = outcome.row
    rounds = [{name: [one_as_json(each) for each in done] for name, done in turn.items()} for turn in outcome.rounds]
    told = {"work": row.work, "unit": row.unit, "threads": row.threads, "flops": row.flops, "peaks": outcome.peaks}
    return {**told, "comparisons": [asdict(one) for one in comparisons(outcome)], "rounds": rounds}


def one_as_json(measured: Measured) -> dict[str, Any]:
    """What a side measured, without the lists by which texts are compared."""
    facts = {name: fact for name, fact in measured.facts.items() if not isinstance(fact, list)}
    return asdict(replace(measured, facts=facts))


def lines(outcome: Outcome) -> Iterator[str]:
    """The lines of a row in the table."""
    for one in comparisons(outcome):
        name = f"{one.row}, {one.case}" if one.case else one.row
        ratios = ["", "", ""]
        if one.ratio and one.processor_ratio:
            spread = f"{one.ratio.lowest:.2f} to {one.ratio.highest:.2f}"
            ratios = [f"{one.ratio.median:.2f}", spread, f"{one.processor_ratio.median:.2f}"]
        rates = [f"{rate:,.3g}" if rate < 100 else f"{rate:,.0f}" for rate in one.rates] + [""]
        memory = [f"{amount:,.0f}" for amount in one.memory] + [""]
        shares = " / ".join(f"{100 * share:.1f} %" for share in one.shares)
        cells = [
            name,
            one.ours,
            one.peer,
            *ratios,
            one.mark,
            *rates[:2],
            f"{one.seconds.median:.3g}",
            shares,
            *memory[:2],
        ]
        yield f"| {' | '.join(cells)} |"


def table(outcomes: Sequence[Outcome]) -> str:
    """The whole table, what each row's work is, and what else is told of it."""
    body = [line for outcome in outcomes for line in lines(outcome)]
    return "\n".join([HEADER, "|---" * (HEADER.count("|") - 1) + "|", *body, "", *map(about, outcomes)])


def about(outcome: Outcome) -> str:
    """What a row's work is, what the machine could do at best, and facts of our sides."""
    row, peak = outcome.row, median(outcome.peaks) / 1e9
    facts = []
    for one in comparisons(outcome):
        told = [f"{name} {fact:,.4g}" for name, fact in one.told.items()]
        facts += [f"{', '.join(filter(None, (one.ours, one.case)))}: {', '.join(told)}"] if told else []
    after = f" {'; '.join(facts)}." if facts else ""
    return f"- `{row.name}`, {row.threads} threads (peak {peak:.0f} GFLOP/s), counting {row.unit}: {row.work}.{after}"

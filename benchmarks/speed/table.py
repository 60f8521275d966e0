"""What was measured, as JSON and as a Markdown table."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from operator import truediv
from statistics import median
from typing import Any

from benchmarks.speed.row import Mark
from benchmarks.speed.running import Outcome

HEADER = (
    "| row | ours | beside | ratio | lowest to highest | of processor time | mark | a second, ours | beside | "
    "seconds each | of the peak | MB, ours | beside |"
)


@dataclass(frozen=True)
class Spread:
    """The middle of some values, the lowest and the highest."""

    median: float
    lowest: float
    highest: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """Of values."""
        return cls(median(values), min(values), max(values))


@dataclass(frozen=True)
class Comparison:
    """One of our sides in one case, beside one peer or by itself.

    Attributes:
        row: Its name.
        case: Which; "" where there is one.
        ours: Our side.
        peer: Whom it is beside; "" for nobody.
        ratio: Our rate over the peer's, round by round; None without a peer.
        processor_ratio: Likewise, by processor time.
        rates: Of the row's unit in a second: ours, and the peer's.
        seconds: Ours, for one of the unit.
        shares: Of the machine's matrix product: ours, and the peer's; none where that says nothing.
        memory: The most in MB: ours, and the peer's.
        mark: What has to be reached, and whether it was; "" where nothing has to.
        facts: What our side told of its last round.
    """

    row: str
    case: str
    ours: str
    peer: str
    ratio: Spread | None
    processor_ratio: Spread | None
    rates: tuple[float, ...]
    seconds: Spread
    shares: tuple[float, ...]
    memory: tuple[float, ...]
    mark: str
    facts: dict[str, Any]


def comparisons(outcome: Outcome) -> Iterator[Comparison]:
    """Each of our sides beside each peer, case by case."""
    row = outcome.row
    for number in range(len(outcome.rounds[0][row.ours[0].name])):
        for side in row.ours:
            for peer in [peer.name for peer in row.peers] or [""]:
                yield compare(outcome, number, side.name, peer)


def compare(outcome: Outcome, number: int, ours: str, peer: str) -> Comparison:
    """One of our sides in the case of a number, beside a peer."""
    names = [ours, peer] if peer else [ours]
    done = [[turn[name][number] for turn in outcome.rounds] for name in names]
    first = done[0][0]
    pairs = list(zip(*done, strict=True))
    ratio = Spread.of([truediv(*(each.rate for each in pair)) for pair in pairs]) if peer else None
    busy = Spread.of([truediv(*(each.processor_rate for each in pair)) for pair in pairs]) if peer else None
    seconds = Spread.of([1 / measured.rate for measured in done[0]])
    memory = tuple(max(measured.memory for measured in each) for each in done)
    flops = outcome.row.flops or first.facts.get("flops", 0)
    shares = tuple(
        median(flops * measured.rate / peak for measured, peak in zip(each, outcome.peaks, strict=True))
        for each in done
    )
    marks = [
        mark for mark in outcome.row.marks if (mark.side, mark.peer) == (ours, peer) and mark.case in ("", first.case)
    ]
    values = {"ratio": ratio.median if ratio else 0.0, "seconds": seconds.median, "memory": memory[0]}
    return Comparison(
        row=outcome.row.name,
        case=first.case,
        ours=ours,
        peer=peer,
        ratio=ratio,
        processor_ratio=busy,
        rates=tuple(median(measured.rate for measured in each) for each in done),
        seconds=seconds,
        shares=shares if flops else (),
        memory=memory,
        mark=", ".join(judged(mark, values[mark.quantity]) for mark in marks),
        facts={name: fact for name, fact in done[0][-1].facts.items() if not isinstance(fact, list)},
    )


def judged(mark: Mark, value: float) -> str:
    """The mark, and that it was missed if it was."""
    return f"{mark}" if mark.meets(value) else f"{mark}: missed"


def as_json(outcome: Outcome) -> dict[str, Any]:
    """All about a row."""
    row = outcome.row
    rounds = [{name: [asdict(m) for m in each] for name, each in turn.items()} for turn in outcome.rounds]
    told = {"work": row.work, "unit": row.unit, "threads": row.threads, "flops": row.flops, "peaks": outcome.peaks}
    return {**told, "comparisons": [asdict(one) for one in comparisons(outcome)], "rounds": rounds}


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
    """The whole table, and what each row's work is."""
    body = [line for outcome in outcomes for line in lines(outcome)]
    works = [f"- `{o.row.name}`, {o.row.threads} threads, unit: {o.row.unit}. {o.row.work}." for o in outcomes]
    return "\n".join([HEADER, "|---" * HEADER.count(" | ") + "|---|", *body, "", *works])

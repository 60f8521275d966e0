"""Our sides beside the peers, from all rounds of a row."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import truediv
from statistics import median

from benchmarks.speed.row import Mark
from benchmarks.speed.running import Outcome


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
        told: Facts of our side, the median of each.
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
    told: dict[str, float]


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
        told={name: median(measured.facts[name] for measured in done[0]) for name in outcome.row.told},
    )


def judged(mark: Mark, value: float) -> str:
    """The mark, and that it was missed if it was."""
    return f"{mark}" if mark.meets(value) else f"{mark}: missed"

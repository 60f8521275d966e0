"""A row of the benchmark: one kind of work, who does it, and what shows that they did the same."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from benchmarks.speed.measured import Measured

Quantity = Literal["ratio", "seconds", "memory"]
UNITS: dict[Quantity, str] = {"ratio": "x", "seconds": " s", "memory": " MB"}


@dataclass(frozen=True)
class Side:
    """One that does the work.

    Attributes:
        name: As the table has it.
        module: What does it, `measure(options)` in it; every round in a process of its own.
        options: JSON.
        peer: Whose environment it needs, of `environments.PEERS`; "" for ours.
    """

    name: str
    module: str
    options: Mapping[str, Any]
    peer: str = ""


@dataclass(frozen=True)
class Mark:
    """What one of our sides has to reach: a rate of at least so many times a peer's, or at most so many seconds or MB.

    Attributes:
        side: Ours.
        bound: The mark.
        peer: Whom it is beside, for a ratio.
        quantity: What is bounded; seconds are those for one of the row's unit.
        case: Of a row with several, the only one that is meant; "" for each.
    """

    side: str
    bound: float
    peer: str = ""
    quantity: Quantity = "ratio"
    case: str = ""

    def meets(self, value: float) -> bool:
        """Whether a value reaches it."""
        return value >= self.bound if self.quantity == "ratio" else value <= self.bound

    def __str__(self) -> str:
        return f"{'≥' if self.quantity == 'ratio' else '≤'} {self.bound:g}{UNITS[self.quantity]}"


Round = Mapping[str, Measured]
"""What each side did once, by its name."""


@dataclass(frozen=True)
class Row:
    """One kind of work.

    Attributes:
        name: As `ROW=` takes it.
        work: What is done, in a sentence: data, sizes, batch, amount.
        unit: What the amounts count.
        ours: Our sides.
        peers: Whom they are beside.
        marks: What ours have to reach.
        flops: Floating-point operations that one of the unit takes at least; 0 where that says nothing.
        threads: How many each side may use.
        told: Facts that are printed with the table.
        most_rounds: How often it is measured at most, for what takes long; 0 for as often as all.
        differences: Of a round, what shows that the sides did not do the same; nothing where they did.
    """

    name: str
    work: str
    unit: str
    ours: Sequence[Side]
    peers: Sequence[Side] = ()
    marks: Sequence[Mark] = ()
    flops: float = 0.0
    threads: int = 2
    told: Sequence[str] = ()
    most_rounds: int = 0
    differences: Callable[[Round], list[str]] = field(default=lambda done: [])

    @property
    def sides(self) -> list[Side]:
        """All of them, peers first."""
        return [*self.peers, *self.ours]


def unequal(done: Round, fact: str, *, within: float = 0.0) -> list[str]:
    """A line if a fact is not the same on all sides, but for a share of it."""
    values = {name: measured.facts[fact] for name, measured in done.items()}
    lowest, highest = min(values.values()), max(values.values())
    if highest - lowest <= within * highest:
        return []
    return [f"{fact}: {', '.join(f'{name} {value:,}' for name, value in values.items())}"]

"""Where the errors are: by length, and by symbol."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from s2s_toolkit.metrics.contract import References, Sequences
from s2s_toolkit.metrics.edits import closest

MOST_BUCKETS = 8

Bucket = tuple[int, int, list[int]]
"""The least and the greatest length, and the numbers of the entries whose length lies between."""


@dataclass(frozen=True)
class SymbolErrors:
    """What happened to a symbol.

    Attributes:
        symbol: The symbol.
        references: How often it stands in the references, the closest ones.
        substituted: How often another was written in its place.
        deleted: How often nothing was.
        inserted: How often it was written where nothing should be.
    """

    symbol: str
    references: int
    substituted: int
    deleted: int
    inserted: int

    @property
    def errors(self) -> int:
        """All of them."""
        return self.substituted + self.deleted + self.inserted


@dataclass(frozen=True)
class Confusion:
    """How often one symbol was written for another; "" is nothing, wanted or written."""

    wanted: str
    written: str
    times: int


@dataclass(frozen=True)
class SymbolBreakdown:
    """Errors by symbol; most frequent first, and equally frequent ones by their symbols."""

    symbols: list[SymbolErrors]
    confusions: list[Confusion]


def by_length(references: References) -> list[Bucket]:
    """Sort entries into at most eight buckets by the length of their longest reference.

    As many entries in each as can be, those of one length together: so the buckets fit words as well as sentences.
    """
    lengths = [max(map(len, each)) for each in references]
    order = sorted(range(len(lengths)), key=lengths.__getitem__)
    buckets: list[list[int]] = []
    for _, same in groupby(order, key=lengths.__getitem__):
        done = sum(map(len, buckets))
        if not buckets or done >= len(lengths) * len(buckets) / MOST_BUCKETS:
            buckets.append([])
        buckets[-1] += same
    return [(lengths[bucket[0]], lengths[bucket[-1]], sorted(bucket)) for bucket in buckets]


def by_symbol(hypotheses: Sequences, references: References) -> SymbolBreakdown:
    """Count substitutions, deletions and insertions on a shortest way from the closest references to hypotheses."""
    seen, pairs = Counter[str](), Counter[tuple[str, str]]()
    for hypothesis, wanted in zip(hypotheses, references, strict=True):
        _, reference = closest(hypothesis, wanted)
        seen.update(reference)
        pairs.update(_edits(reference, hypothesis))
    ordered = sorted(pairs.items(), key=lambda item: (-item[1], item[0]))
    return SymbolBreakdown(_errors(seen, pairs), [Confusion(*pair, times) for pair, times in ordered])


def _edits(reference: Sequence[str], hypothesis: Sequence[str]) -> list[tuple[str, str]]:
    """(wanted, written) of each edit; "" is nothing."""
    from rapidfuzz.distance import Levenshtein

    return [
        (
            "" if edit.tag == "insert" else reference[edit.src_pos],
            "" if edit.tag == "delete" else hypothesis[edit.dest_pos],
        )
        for edit in Levenshtein.editops(reference, hypothesis)
    ]


def _errors(seen: Counter[str], pairs: Counter[tuple[str, str]]) -> list[SymbolErrors]:
    substituted, deleted, inserted = Counter[str](), Counter[str](), Counter[str]()
    for (wanted, written), times in pairs.items():
        symbol, counter = (written, inserted) if not wanted else (wanted, substituted if written else deleted)
        counter[symbol] += times
    found = [
        SymbolErrors(symbol, seen[symbol], substituted[symbol], deleted[symbol], inserted[symbol])
        for symbol in seen | inserted
    ]
    return sorted(found, key=lambda each: (-each.errors, each.symbol))

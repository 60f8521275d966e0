"""A test set: sources with their references, and what was written for each."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from s2s_toolkit.corpus import Pair
from s2s_toolkit.errors import DataError
from s2s_toolkit.metrics import Metric, References, Sequences
from s2s_toolkit.text import TextSide


class Written(NamedTuple):
    """A text and its symbols: a reference, or a hypothesis."""

    text: str
    symbols: Sequence[str]


@dataclass(frozen=True)
class Entry:
    """A source and everything that would be right for it.

    Attributes:
        source: The text.
        references: At least one, each with a symbol, in the order of the file.
    """

    source: str
    references: Sequence[Written]


@dataclass(frozen=True)
class Entries:
    """The entries of a test set, and what was left out.

    Attributes:
        entries: Sources with their references.
        lines: For each entry the numbers of its pairs in the file, from 0.
        skipped: Number of pairs left out since source or reference has no symbol.
        target_side: What cut the references into symbols.
    """

    entries: Sequence[Entry]
    lines: Sequence[Sequence[int]]
    skipped: int
    target_side: TextSide

    @property
    def num_references(self) -> int:
        """Number of references of all entries."""
        return sum(len(entry.references) for entry in self.entries)

    @property
    def num_repeated(self) -> int:
        """Number of entries whose source another one before them has."""
        return len(self.entries) - len({entry.source for entry in self.entries})


def read_entries(
    pairs: Iterable[Pair],
    source_side: TextSide | None,
    target_side: TextSide,
    *,
    further: Sequence[Sequence[str]] = (),
    group_sources: bool = False,
) -> Entries:
    """Put pairs together to entries.

    Args:
        pairs: Of source and reference.
        source_side: Says which source has no symbol, whose pair is skipped; None where that does not matter.
        target_side: Cuts references into symbols; a pair whose reference has none is skipped.
        further: More references of every pair, a sequence for each file of them; one without a symbol is none.
        group_sources: Whether pairs of the same source are one entry.

    Returns:
        The entries. DataError if there is none, or if `further` has another number of references than there are pairs.
    """
    pairs = list(pairs)
    groups: dict[object, tuple[str, list[Written], list[int]]] = {}
    skipped = 0
    for line, (pair, *others) in enumerate(zip(pairs, *_checked(further, len(pairs)), strict=True)):
        references = [Written(text, target_side.split(text)) for text in (pair.target, *others)]
        if not references[0].symbols or (source_side and not source_side.split(pair.source)):
            skipped += 1
            continue
        _, found, lines = groups.setdefault(pair.source if group_sources else line, (pair.source, [], []))
        found += [each for each in references if each.symbols]
        lines.append(line)
    if not groups:
        raise DataError(f"no pair to compare, {skipped} empty; give at least one")
    entries = [Entry(source, found) for source, found, _ in groups.values()]
    return Entries(entries, [lines for _, _, lines in groups.values()], skipped, target_side)


def arguments(metric: Metric, hypotheses: Sequence[Written], entries: Sequence[Entry]) -> tuple[Sequences, References]:
    """What a metric compares: texts or symbols."""
    if metric.on_text:
        return [each.text for each in hypotheses], [[each.text for each in entry.references] for entry in entries]
    return [each.symbols for each in hypotheses], [[each.symbols for each in entry.references] for entry in entries]


def _checked(further: Sequence[Sequence[str]], num_pairs: int) -> Sequence[Sequence[str]]:
    for number, texts in enumerate(further, start=1):
        if len(texts) != num_pairs:
            raise DataError(
                f"file {number} of references has {len(texts)} lines for {num_pairs} pairs; give one for each"
            )
    return further

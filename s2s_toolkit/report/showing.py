"""An entry as the page shows it: its sides compared, its attention as a map, its losses symbol by symbol."""

from dataclasses import dataclass

from s2s_toolkit.labels import shown_text
from s2s_toolkit.report.differences import Piece, differences
from s2s_toolkit.report.entries import Entry
from s2s_toolkit.report.heat_maps import Cell, HeatMap, Label, heat_map, surprises


@dataclass(frozen=True)
class Shown:
    """An entry and what is shown of it.

    Attributes:
        entry: The entry.
        source: Its text.
        reference: The text of its reference, in pieces.
        hypothesis: The text that was found, likewise.
        map: The attention of the translation, unless it is too large.
        surprises: The loss on each symbol of the reference and on its end.
    """

    entry: Entry
    source: str
    reference: list[Piece]
    hypothesis: list[Piece]
    map: HeatMap | None
    surprises: list[tuple[Label, Cell]]

    @property
    def texts(self) -> list[str]:
        """Everything that needs glyphs."""
        labels = [label for label, _ in self.surprises]
        if self.map:
            labels += [*self.map.columns, *(label for label, _ in self.map.rows)]
        pieces = [piece.text for piece in (*self.reference, *self.hypothesis)]
        return [self.source, *pieces, *(label.text for label in labels)]


def show(entry: Entry, *, separator: str) -> Shown:
    """What is shown of an entry; `separator` stands between target symbols."""
    reference, hypothesis = differences(entry.reference, entry.hypothesis, separator=separator)
    return Shown(entry, shown_text(entry.pair.source), reference, hypothesis, heat_map(entry), surprises(entry))

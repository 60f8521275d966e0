"""The page: everything that was found, through a template that escapes whatever a corpus may hold."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from s2s_toolkit.errors import UnsupportedError
from s2s_toolkit.labels import shown_text
from s2s_toolkit.learning_curves import Panel, inline_svg
from s2s_toolkit.observers import Validation
from s2s_toolkit.report.differences import Piece, differences
from s2s_toolkit.report.embedded_fonts import embedded_fonts
from s2s_toolkit.report.entries import Entry
from s2s_toolkit.report.facts import Facts, duration
from s2s_toolkit.report.heat_maps import Cell, HeatMap, Label, heat_map, surprises
from s2s_toolkit.report.scoring import LengthScore, Score

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Content:
    """What a page shows.

    Attributes:
        name: Of the run.
        summary: What it is, as the beginning of a sentence.
        pairs: The name of the file that the entries are from.
        skipped: Pairs left out since a side has no symbol.
        scores: Of all entries.
        by_length: The same by the length of the reference.
        validations: Of the training.
        panels: Its curves.
        facts: What was trained.
        entries: Every pair, the greatest loss first.
        worst: How many entries are listed.
        others: Entries of the rest that are shown as well.
        separator: What stands between target symbols.
    """

    name: str
    summary: str
    pairs: str
    skipped: int
    scores: Sequence[Score]
    by_length: Sequence[LengthScore]
    validations: Sequence[Validation]
    panels: Sequence[Panel]
    facts: Facts
    entries: Sequence[Entry]
    worst: int
    others: Sequence[Entry]
    separator: str


@dataclass(frozen=True)
class Shown:
    """An entry as the template takes it."""

    entry: Entry
    source: str
    reference: list[Piece]
    hypothesis: list[Piece]
    map: HeatMap | None
    surprises: list[tuple[Label, Cell]]

    @property
    def texts(self) -> list[str]:
        """What is written of it, for the fonts."""
        pieces = [piece.text for piece in (*self.reference, *self.hypothesis)]
        labels = [label for label, _ in (*self.surprises, *(self.map.rows if self.map else ()))]
        return [self.source, *pieces, *(label.text for label in (*labels, *(self.map.columns if self.map else ())))]


def render(content: Content) -> str:
    """The whole page as HTML, which needs nothing beside it."""
    environment = template_environment()
    greatest = content.entries[0].loss or 1.0
    curves = [
        (panel, inline_svg(panel, content.validations, name=f"curve{number}"))
        for number, panel in enumerate(content.panels)
    ]
    worst = [show(entry, content.separator) for entry in content.entries[: content.worst]]
    others = [show(entry, content.separator) for entry in content.others]
    return environment.get_template("report.html").render(
        content=content,
        curves=curves,
        worst=worst,
        others=others,
        fonts=embedded_fonts(text for shown in (*worst, *others) for text in shown.texts),
        greatest=greatest,
        wrong=sum(not entry.is_right for entry in content.entries),
        today=datetime.date.today().isoformat(),
    )


def show(entry: Entry, separator: str) -> Shown:
    """An entry with its sides compared."""
    reference, hypothesis = differences(entry.reference, entry.hypothesis, separator=separator)
    return Shown(entry, shown_text(entry.pair.source), reference, hypothesis, heat_map(entry), surprises(entry))


def require_templates() -> None:
    """UnsupportedError, with what to do, unless the template engine is there."""
    try:
        import jinja2  # noqa: F401
    except ImportError as error:
        raise UnsupportedError(f'a report needs jinja2 ({error}): pip install "s2s-toolkit[report]"') from error


def template_environment() -> "Environment":
    """The templates, with everything escaped, and a name that is not there an error."""
    require_templates()
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["duration"] = duration
    return environment

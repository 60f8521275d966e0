"""The page: everything that was found, through a template that escapes whatever a corpus may hold."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from s2s_toolkit.errors import UnsupportedError
from s2s_toolkit.learning_curves import Panel, inline_svg
from s2s_toolkit.observers import Validation
from s2s_toolkit.report.embedded_fonts import EmbeddedFont
from s2s_toolkit.report.entries import Entry
from s2s_toolkit.report.facts import Facts, duration
from s2s_toolkit.report.scoring import LengthScore, Score
from s2s_toolkit.report.showing import Shown

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
        worst: The first of these.
        others: Some of the rest.
        fonts: What the page brings along.
        missing: Characters that no font at hand has.
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
    worst: Sequence[Shown]
    others: Sequence[Shown]
    fonts: Sequence[EmbeddedFont]
    missing: Sequence[str]


def render(content: Content) -> str:
    """The whole page as HTML, which needs nothing beside it."""
    curves = [
        (panel, inline_svg(panel, content.validations, name=f"curve{number}"))
        for number, panel in enumerate(content.panels)
    ]
    return (
        template_environment()
        .get_template("report.html")
        .render(
            content=content,
            curves=curves,
            greatest=content.entries[0].loss or 1.0,
            wrong=sum(not entry.is_right for entry in content.entries),
            today=datetime.date.today().isoformat(),
        )
    )


def require_templates() -> None:
    """UnsupportedError, with what to do, unless the template engine is there."""
    try:
        import jinja2  # noqa: F401
    except ImportError as error:
        raise UnsupportedError(f'a report needs jinja2 ({error}): pip install "s2s-toolkit[report]"') from error


def template_environment(*more: Path) -> "Environment":
    """The templates, and those of more folders, with everything escaped, and a name that is not there an error."""
    require_templates()
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader([*more, TEMPLATES]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["duration"] = duration
    return environment

"""The page: what was compared, through the templates of the report."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from s2s_toolkit.comparison.diagrams import diagram_svg, in_step_diagrams, trained_diagrams
from s2s_toolkit.comparison.figures import in_step_rows, small, trained_rows
from s2s_toolkit.comparison.highlighting import shown_row
from s2s_toolkit.comparison.in_step import ROUNDING, InStep
from s2s_toolkit.comparison.listings import Listing
from s2s_toolkit.comparison.texts import DifferentText
from s2s_toolkit.comparison.trained import Trained
from s2s_toolkit.report.embedded_fonts import EmbeddedFont
from s2s_toolkit.report.page import template_environment

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Content:
    """What the page shows.

    Attributes:
        name: Of the config.
        summary: What the model is, as the beginning of a sentence.
        frameworks: What is compared, the first one first.
        in_step: What was seen of trainings in step.
        trained: The trainings to the end; nothing where there were none.
        different: Dev pairs that are decoded differently, as many as are shown.
        num_different: How many there are in all.
        listings: The code.
        config: As TOML.
        made_with: Versions.
        fonts: What the page brings along.
    """

    name: str
    summary: str
    frameworks: Sequence[str]
    in_step: InStep
    trained: Sequence[Trained]
    different: Sequence[DifferentText]
    num_different: int
    listings: Sequence[Listing]
    config: str
    made_with: str
    fonts: Sequence[EmbeddedFont]


@dataclass(frozen=True)
class Tile:
    """The largest difference in a quantity between any two frameworks, and where there is rounding alone."""

    name: str
    value: float
    rounding: float | None


def tiles(found: InStep) -> list[Tile]:
    """One for each quantity."""
    largest = {side: found.largest(side) for side in found.differences}
    rounding = largest.pop(ROUNDING, {})
    return [
        Tile(
            quantity,
            max(each[quantity].value for each in largest.values()),
            rounding[quantity].value if quantity in rounding else None,
        )
        for quantity in next(iter(largest.values()))
    ]


def render(content: Content) -> str:
    """The whole page as HTML, which needs nothing beside it."""
    diagrams = [*in_step_diagrams(content.in_step), *(trained_diagrams(content.trained) if content.trained else [])]
    drawn = [(each, diagram_svg(each, name=f"curve{number}")) for number, each in enumerate(diagrams)]
    count = len(in_step_diagrams(content.in_step))
    environment = template_environment(TEMPLATES)
    environment.filters["small"] = small
    return environment.get_template("compare.html").render(
        content=content,
        tiles=tiles(content.in_step),
        in_step_curves=drawn[:count],
        trained_curves=drawn[count:],
        in_step_rows=in_step_rows(content.in_step),
        trained_rows=trained_rows(content.trained) if content.trained else [],
        code=[(listing, [shown_row(row) for row in listing.rows]) for listing in content.listings],
        today=datetime.date.today().isoformat(),
    )

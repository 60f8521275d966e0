"""The curves of a comparison, drawn with matplotlib: on the page, and as a picture of their own."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from s2s_toolkit.comparison.in_step import ROUNDING, InStep
from s2s_toolkit.comparison.trained import Trained
from s2s_toolkit.files import atomic_path
from s2s_toolkit.inline_svg import Colours, page_svg
from s2s_toolkit.plotting import require_drawable

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FRAMEWORKS = ("first", "second", "third", "fourth")
"""Names of the colours of frameworks, in their order; after these they begin anew."""

PAPER: Colours = {
    "first": "#1f5fbf",
    "second": "#d9730d",
    "third": "#1c7a4a",
    "fourth": "#8a3ab9",
    "rounding": "#8a94a6",
    "ink": "#1d2430",
    "faint": "#d9dee6",
}
"""What a picture of its own is drawn in."""

SMOOTHING = 0.95
"""How much of a smoothed loss is that of the steps before."""


@dataclass(frozen=True)
class Line:
    """Values over steps.

    Attributes:
        label: What it is of.
        colour: Its name in `PAPER`.
        steps: Where.
        values: What.
        is_broad: Whether it is drawn broad and pale, so that another on top of it can be seen.
        is_dashed: Whether it is a mere comparison.
        is_dotted: Whether its values are marked.
    """

    label: str
    colour: str
    steps: Sequence[int]
    values: Sequence[float]
    is_broad: bool = False
    is_dashed: bool = False
    is_dotted: bool = False


@dataclass(frozen=True)
class Diagram:
    """One diagram over steps.

    Attributes:
        title: What is drawn.
        unit: Of the values.
        lines: Its lines.
        is_log: Whether its scale is logarithmic; then zeros have no place and are left out.
    """

    title: str
    unit: str
    lines: list[Line] = field(default_factory=list)
    is_log: bool = False


def in_step_diagrams(found: InStep) -> list[Diagram]:
    """The losses over each other, then a diagram of the differences in each quantity."""
    steps = range(1, found.steps + 1)
    losses = [
        Line(name, _colour(number), steps, found.losses[name], is_broad=number == 0)
        for number, name in enumerate(found.frameworks)
    ]
    drawn = [Diagram("Loss", "nats per symbol", losses)]
    for quantity in next(iter(found.differences.values())):
        lines = []
        for side, differences in found.differences.items():
            seen = differences[quantity]
            is_rounding = side == ROUNDING
            label = "rounding alone" if is_rounding else side
            colour = "rounding" if is_rounding else _colour(found.frameworks.index(side))
            numbers, values = [each.step + 1 for each in seen], [each.value for each in seen]
            lines.append(Line(label, colour, numbers, values, is_dashed=is_rounding))
        drawn.append(Diagram(f"Difference of {quantity}", "", lines, is_log=True))
    return drawn


def trained_diagrams(trained: Sequence[Trained]) -> list[Diagram]:
    """Training losses, smoothed, and dev losses of all frameworks."""
    train, dev = [], []
    for number, each in enumerate(each.measured for each in trained):
        steps = range(1, len(each.losses) + 1)
        train.append(Line(each.framework, _colour(number), steps, _smooth(each.losses), is_broad=number == 0))
        dev_losses = [v.dev_loss for v in each.validations]
        numbers = [v.step for v in each.validations]
        dev.append(
            Line(each.framework, _colour(number), numbers, dev_losses, is_broad=number == 0, is_dotted=number > 0)
        )
    return [Diagram("Train loss, smoothed", "nats per symbol", train), Diagram("Dev loss", "nats per symbol", dev)]


def save_diagrams(diagrams: Sequence[Diagram], path: Path) -> None:
    """Draw all into one .png, .svg or .pdf file, which appears whole or not at all."""
    require_drawable(path)
    from matplotlib.figure import Figure

    columns = 2
    height = -(-len(diagrams) // columns)
    figure = Figure(figsize=(10.4, 3 * height), layout="constrained")
    for number, diagram in enumerate(diagrams, start=1):
        axes = figure.add_subplot(height, columns, number)
        _draw(axes, diagram, PAPER)
        axes.set_title(diagram.title, loc="left", color=PAPER["ink"])
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=150)


def diagram_svg(diagram: Diagram, *, name: str) -> str:
    """A diagram as SVG for a page; `name` is a word that no other picture on the page has."""

    def draw(figure: "Figure", colours: Colours) -> None:
        _draw(figure.add_subplot(), diagram, colours)

    return page_svg(draw, colours=list(PAPER), name=name, size=(5, 2.7))


def _draw(axes: "Axes", diagram: Diagram, colours: Colours) -> None:
    from matplotlib.ticker import MaxNLocator

    for line in diagram.lines:
        shown = [pair for pair in zip(line.steps, line.values, strict=True) if pair[1] > 0 or not diagram.is_log]
        few = line.is_dotted or len(shown) < 30
        axes.plot(
            [step for step, _ in shown],
            [value for _, value in shown],
            color=colours[line.colour],
            linewidth=5 if line.is_broad else 1.6,
            alpha=0.4 if line.is_broad else 1,
            linestyle=(0, (4, 2)) if line.is_dashed else "-",
            marker="o" if few and not line.is_broad else "",
            markersize=3,
            label=line.label,
            solid_capstyle="round",
        )
    if diagram.is_log:
        axes.set_yscale("log")
    if len(diagram.lines) > 1:
        axes.legend(
            frameon=False,
            labelcolor=colours["ink"],
            fontsize=9,
            loc="lower right",
            bbox_to_anchor=(1, 1),
            ncols=len(diagram.lines),
            borderaxespad=0.2,
            handlelength=1.4,
        )
    axes.set_xlim(0, 1.02 * max(max(line.steps) for line in diagram.lines))
    axes.set_xlabel("step", color=colours["ink"], fontsize=9)
    axes.set_ylabel(diagram.unit, color=colours["ink"], fontsize=9, parse_math=False)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6, min_n_ticks=1))
    axes.tick_params(which="both", colors=colours["ink"], length=0, labelsize=9)
    axes.grid(axis="y", color=colours["faint"], linewidth=0.8)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(colours["faint"])
    axes.set_axisbelow(True)


def _colour(number: int) -> str:
    return FRAMEWORKS[number % len(FRAMEWORKS)]


def _smooth(values: Sequence[float]) -> list[float]:
    """Exponential means, corrected for their start as Adam's are."""
    smoothed, mean = [], 0.0
    for number, value in enumerate(values, start=1):
        mean = SMOOTHING * mean + (1 - SMOOTHING) * value
        smoothed.append(mean / (1 - math.pow(SMOOTHING, number)))
    return smoothed

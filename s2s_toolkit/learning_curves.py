"""Draw how a training went, from the validations that a run has logged, with matplotlib."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

from s2s_toolkit.errors import RunError
from s2s_toolkit.files import atomic_path
from s2s_toolkit.inline_svg import Colours, page_svg
from s2s_toolkit.metrics import LOSS
from s2s_toolkit.observers import Validation
from s2s_toolkit.plotting import require_drawable
from s2s_toolkit.run import Run

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PAPER: Colours = {"train": "#8a94a6", "dev": "#1f5fbf", "ink": "#1d2430", "faint": "#d9dee6"}
"""What a picture of its own is drawn in."""


@dataclass(frozen=True)
class Panel:
    """One diagram over epochs.

    Attributes:
        title: What is drawn.
        unit: Of the values.
        lines: Colour, as `PAPER` names them -> a value for each validation.
    """

    title: str
    unit: str
    lines: dict[str, list[float]]


def read_validations(run: Run) -> list[Validation]:
    """What the run has logged; RunError if that is nothing, or damaged."""
    known = {field.name for field in fields(Validation)}
    try:
        lines = run.metrics_path.read_text(encoding="utf-8").split("\n")[:-1]  # a kill may leave half a line behind
        found = [json.loads(line) for line in lines]
        validations = [Validation(**{key: one[key] for key in known & one.keys()}) for one in found]
    except (OSError, ValueError, AttributeError, TypeError, RecursionError) as error:
        raise RunError(f"{run.metrics_path} is missing or damaged ({error}); restore it or train again") from error
    if not validations:
        raise RunError(f"{run.path} was stopped before its first validation; train again")
    return validations


def panels(validations: Sequence[Validation], *, unit: str = "") -> list[Panel]:
    """What there is to draw: losses, the metric unless that is the loss, learning rate and speed."""
    metric = validations[-1].metric
    drawn = [
        Panel(
            "Loss",
            "nats per symbol",
            {"train": [v.train_loss for v in validations], "dev": [v.dev_loss for v in validations]},
        ),
        Panel(metric, unit, {"dev": [v.value for v in validations]}),
        Panel("Learning rate", "", {"ink": [v.learning_rate for v in validations]}),
        Panel("Speed", "target symbols/s", {"ink": [v.tokens_per_second for v in validations]}),
    ]
    return [panel for panel in drawn if panel.title != LOSS]


def save_curves(validations: Sequence[Validation], path: Path, *, unit: str = "") -> None:
    """Draw everything in one .png, .svg or .pdf file, which appears whole or not at all."""
    from matplotlib.figure import Figure

    require_drawable(path)
    drawn = panels(validations, unit=unit)
    columns = 2
    figure = Figure(figsize=(9.6, 3 * -(-len(drawn) // columns)), layout="constrained")
    for number, panel in enumerate(drawn, start=1):
        axes = figure.add_subplot(-(-len(drawn) // columns), columns, number)
        _draw(axes, panel, validations, PAPER)
        axes.set_title(panel.title, loc="left", color=PAPER["ink"])
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=150)


def inline_svg(panel: Panel, validations: Sequence[Validation], *, name: str) -> str:
    """A panel as SVG for a page: its colours are the page's variables `--curve-train` and so on, its text is text.

    Args:
        panel: What to draw.
        validations: Those that it is of.
        name: A word that no other picture on the page has, for its ids.
    """
    return page_svg(
        lambda figure, colours: _draw(figure.add_subplot(), panel, validations, colours), colours=list(PAPER), name=name
    )


def _draw(axes: "Axes", panel: Panel, validations: Sequence[Validation], colours: Colours) -> None:
    from matplotlib.ticker import MaxNLocator

    epochs = [validation.epoch for validation in validations]
    kept = max((v.epoch for v in validations if v.best), default=epochs[-1])
    axes.axvline(kept, color=colours["faint"], linewidth=5, zorder=0)
    for colour, values in panel.lines.items():
        few = {"marker": "o", "markersize": 3.5} if len(epochs) < 40 else {}
        axes.plot(epochs, values, color=colours[colour], linewidth=1.8, label=colour, **few)  # type: ignore[arg-type]
    if "ink" in panel.lines:  # a rate of which any share may matter
        axes.set_ylim(bottom=0, top=1.1 * max(panel.lines["ink"]))
    if len(panel.lines) > 1:
        axes.legend(frameon=False, labelcolor=colours["ink"], fontsize=9)
    axes.set_xlabel("epoch", color=colours["ink"], fontsize=9)
    axes.set_ylabel(panel.unit, color=colours["ink"], fontsize=9, parse_math=False)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6, min_n_ticks=1))
    axes.yaxis.set_major_locator(MaxNLocator(nbins=5))
    axes.tick_params(colors=colours["ink"], length=0, labelsize=9)
    axes.grid(axis="y", color=colours["faint"], linewidth=0.8)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(colours["faint"])
    axes.set_axisbelow(True)

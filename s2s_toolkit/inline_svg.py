"""Diagrams inside a page: SVG by matplotlib in the page's own colours, with text as text."""

import io
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Colours = Mapping[str, str]
"""Name -> colour, as matplotlib takes it."""


def page_svg(
    draw: Callable[["Figure", Colours], None],
    *,
    colours: Sequence[str],
    name: str,
    size: tuple[float, float] = (5, 2.6),
) -> str:
    """A diagram as SVG for a page, whose style sheet has a variable `--curve-<name>` for each colour.

    Args:
        draw: Draws into a figure, in the colours that it is given.
        colours: Their names.
        name: A word that no other picture on the page has, for its ids.
        size: Width and height in inches; it scales with its place.
    """
    import matplotlib
    from matplotlib.figure import Figure

    placeholders = {colour: f"#{n:02x}{n + 1:02x}{n + 2:02x}" for n, colour in enumerate(colours, start=1)}
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": name, "font.family": "DejaVu Sans"}):
        figure = Figure(figsize=size, layout="constrained")
        draw(figure, placeholders)
        return _for_page(_svg(figure), name, placeholders)


def _svg(figure: "Figure") -> str:
    file = io.StringIO()
    figure.savefig(file, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return file.getvalue()


def _for_page(svg: str, name: str, placeholders: Colours) -> str:
    """Without prolog, metadata and styles; it scales with its place, and has the page's colours and ids of its own."""
    svg = re.sub(r"<(metadata|style)\b.*?</\1>", "", svg[svg.index("<svg") :], flags=re.DOTALL)
    svg = re.sub(r'(<svg[^>]*?) width="[^"]*"', r'\1 role="img" aria-hidden="true"', svg, count=1)
    svg = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", svg, count=1)
    svg = re.sub(r' xmlns(:xlink)?="[^"]*"', "", svg).replace("xlink:href", "href")
    svg = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{name}-", svg)
    svg = re.sub(r"font: ([\d.]+px) [^;\"]*", r"font-size: \1", svg)
    for colour, placeholder in placeholders.items():
        svg = svg.replace(placeholder, f"var(--curve-{colour})")
    return svg

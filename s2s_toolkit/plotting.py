"""Draw the attention of a translation with matplotlib, which is imported when it is needed."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from s2s_toolkit.errors import S2SError, UnsupportedError
from s2s_toolkit.files import atomic_path
from s2s_toolkit.font_remedies import lacking
from s2s_toolkit.fonts import Fonts, fonts_for
from s2s_toolkit.labels import shown, shown_text
from s2s_toolkit.translation import Translation

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FORMATS = (".pdf", ".png", ".svg")
MissingGlyphs = Literal["refuse", "code-points"]
"""What is done about a character that no font has: nothing is drawn, or its number in place of it. Never a box."""

CELL, LARGEST = 0.3, 24.0  # inches


def save_attention(translation: Translation, path: Path, *, missing_glyphs: MissingGlyphs = "refuse") -> None:
    """Draw target symbols down, source symbols across, and the weight of each pair as a colour.

    Args:
        translation: What to draw.
        path: A .png, .svg or .pdf file, which appears whole or not at all.
        missing_glyphs: "refuse" raises UnsupportedError, with what to install, where no font has a character.
    """
    require_drawable(path)
    if translation.attention is None or not translation.source_symbols:
        raise UnsupportedError("the model file gives no attention, or no source symbols; export it with --outputs all")
    labels = [*map(shown, translation.symbols)], [*map(shown, translation.source_symbols)]
    title = _shortened(shown_text(" ".join(translation.text.split())), room=max(30, 3 * len(labels[1])))
    fonts = fonts_for([title, *labels[0], *labels[1]])
    if fonts.missing and missing_glyphs == "refuse":
        raise UnsupportedError(f"{lacking(fonts.missing)}; or draw code points: --missing-glyphs code-points")
    figure = _draw(translation.attention, *labels, title=title, fonts=fonts)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=150)


def require_drawable(path: Path) -> None:
    """S2SError, with what to do, unless matplotlib is there and the file's name ends in one of `FORMATS`."""
    if path.suffix.lower() not in FORMATS:
        raise S2SError(f"can't draw into {path}; give a name that ends in {', '.join(FORMATS)}")
    require_matplotlib()


def require_matplotlib() -> None:
    """S2SError, with what to do, unless matplotlib is there."""
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise S2SError(f'plotting needs matplotlib ({error}): pip install "s2s-toolkit[plot]"') from error


def _draw(attention: np.ndarray, targets: list[str], sources: list[str], *, title: str, fonts: Fonts) -> "Figure":
    """The figure, made without pyplot and its global state."""
    from matplotlib.figure import Figure

    width, height = min(max(4.0, 2 + CELL * len(sources)), LARGEST), min(1.6 + CELL * len(targets), LARGEST)
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.add_subplot()
    image = axes.pcolormesh(attention, cmap="Blues", vmin=0, rasterized=True)
    axes.invert_yaxis()
    axes.xaxis.tick_top()  # before its labels get their fonts: those below are others
    axes.set_title(fonts.spelt(title), pad=12, parse_math=False, fontfamily=fonts.families(title))
    for axis, labels, room in ((axes.xaxis, sources, width), (axes.yaxis, targets, height)):
        size = _font_size(room / len(labels))
        axis.set_ticks([n + 0.5 for n in range(len(labels))], [*map(fonts.spelt, labels)], size=size, parse_math=False)
        for tick, label in zip(axis.get_ticklabels(), labels, strict=True):
            tick.set_fontfamily(fonts.families(label))
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    _turn_long(axes)
    figure.colorbar(image, ax=axes, label="attention", shrink=min(1.0, 3 / height), aspect=15, pad=0.3 / width)
    return figure


def _turn_long(axes: "Axes") -> None:
    """Let source symbols read upwards where they are too long for their column; words all alike."""
    labels = axes.get_xticklabels()
    are_words = sum(len(label.get_text()) > 2 for label in labels) > len(labels) / 2
    for label in labels:
        if are_words or len(label.get_text()) > 4:
            label.set_rotation(90)


def _font_size(room: float) -> float:
    """In points, so that labels `room` inches apart do not touch."""
    return min(10.0, 0.8 * 72 * room)


def _shortened(text: str, room: int) -> str:
    return text if len(text) <= room else f"{text[: room - 1]}…"

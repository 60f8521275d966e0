"""Draw the attention of a translation with matplotlib, which is imported when it is needed."""

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from s2s_toolkit.errors import S2SError, UnsupportedError
from s2s_toolkit.files import atomic_path
from s2s_toolkit.translation import Translation

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FORMATS = (".pdf", ".png", ".svg")
SHOWN = {" ": "␣", "\t": "␉", "\n": "␊", "\r": "␍", "\xa0": "NBSP", "\u3000": "␣"}

CELL, LARGEST = 0.3, 24.0  # inches


def save_attention(translation: Translation, path: Path) -> list[str]:
    """Draw target symbols down, source symbols across, and the weight of each pair as a colour.

    Args:
        translation: What to draw.
        path: A .png, .svg or .pdf file, which appears whole or not at all.

    Returns:
        The characters that no installed font has, drawn as boxes.
    """
    require_drawable(path)
    if translation.attention is None or not translation.source_symbols:
        raise UnsupportedError("the model file gives no attention, or no source symbols; export it with --outputs all")
    labels = [*map(shown, translation.symbols)], [*map(shown, translation.source_symbols)]
    title = _shortened(translation.text, room=max(30, 3 * len(labels[1])))
    families, missing = fonts_for(set(title).union(*labels[0], *labels[1]))
    figure = _draw(translation.attention, *labels, title=title, families=families)
    with atomic_path(path) as temporary, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a line for each missing glyph
        figure.savefig(temporary, dpi=150)
    return missing


def shown(symbol: str) -> str:
    """A symbol as a label: what can't be seen gets a sign."""
    return "".join(SHOWN.get(c) or (c if c.isprintable() else f"U+{ord(c):04X}") for c in symbol)


def fonts_for(characters: set[str]) -> tuple[list[str], list[str]]:
    """The installed font families that have the characters between them, and the characters that none has."""
    families = ["DejaVu Sans"]  # comes with matplotlib
    missing = {ord(character) for character in characters}
    for family, code_points in _installed_fonts():
        if not missing:
            break
        if not missing.isdisjoint(code_points):
            families.append(family)
            missing.difference_update(code_points)
    return list(dict.fromkeys(families)), sorted(map(chr, missing))


def _installed_fonts() -> Iterator[tuple[str, set[int]]]:
    """Family and code points of each upright font of normal weight, those without serifs first."""
    from matplotlib import font_manager

    upright = (f for f in font_manager.fontManager.ttflist if f.style == "normal" and f.weight in (400, "normal"))
    for font in sorted(upright, key=lambda f: (f.name != "DejaVu Sans", "Sans" not in f.name, f.name)):
        if "Last Resort" in font.name:  # it has boxes for everything
            continue
        try:
            yield font.name, set(font_manager.get_font(font.fname).get_charmap())
        except (OSError, RuntimeError):  # a broken file is no font
            continue


def require_drawable(path: Path) -> None:
    """S2SError, with what to do, unless matplotlib is there and the file's name ends in one of `FORMATS`."""
    if path.suffix.lower() not in FORMATS:
        raise S2SError(f"can't draw into {path}; give a name that ends in {', '.join(FORMATS)}")
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise S2SError(f'plotting needs matplotlib ({error}): pip install "s2s-toolkit[plot]"') from error


def _draw(
    attention: np.ndarray, targets: list[str], sources: list[str], *, title: str, families: list[str]
) -> "Figure":
    """The figure, made without pyplot and its global state."""
    from matplotlib.figure import Figure

    width, height = min(max(4.0, 2 + CELL * len(sources)), LARGEST), min(1.6 + CELL * len(targets), LARGEST)
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.add_subplot()
    image = axes.pcolormesh(attention, cmap="Blues", vmin=0, rasterized=True)
    axes.invert_yaxis()
    text: dict[str, Any] = {"fontfamily": families, "parse_math": False}
    axes.set_title(title, pad=12, **text)
    axes.set_xticks([n + 0.5 for n in range(len(sources))], sources, fontsize=_font_size(width / len(sources)), **text)
    axes.set_yticks([n + 0.5 for n in range(len(targets))], targets, fontsize=_font_size(height / len(targets)), **text)
    axes.xaxis.tick_top()
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
    text = " ".join(text.split())
    return text if len(text) <= room else f"{text[: room - 1]}…"

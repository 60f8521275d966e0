"""Fonts inside the page: of those that the extra `fonts` installs, the few glyphs that it needs.

So a page looks alike wherever it is opened, also where no font of its script is installed. Fonts of the system stay
where they are: their licences may not let them go.
"""

import base64
import io
from collections.abc import Iterable
from dataclasses import dataclass

from s2s_toolkit.fonts import Font, packaged_fonts

COMMON = range(0x250)
"""Code points that every reader's fonts have: Latin letters, digits, punctuation."""

DROPPED = ("VORG", "vhea", "vmtx")
"""Tables that vertical text needs."""


@dataclass(frozen=True)
class EmbeddedFont:
    """A font for a style sheet: the name of its family, and the file in base64."""

    family: str
    woff: str


def embedded_fonts(texts: Iterable[str]) -> list[EmbeddedFont]:
    """What brings the characters of some texts, as far as the extra's fonts have them."""
    characters = set(map(ord, "".join(texts)))
    needed = characters.difference(COMMON)
    found: list[EmbeddedFont] = []
    for font in packaged_fonts():
        if not needed.isdisjoint(font.code_points):
            # the letters that marks stand on come along: a letter and its marks are drawn in one font
            found.append(EmbeddedFont(f"Embedded {len(found)}", _subset(font, characters & font.code_points)))
            needed = needed - font.code_points
    return found


def _subset(font: Font, code_points: set[int]) -> str:
    """The font with these characters alone, and whatever their shapes need."""
    from fontTools.subset import Options, Subsetter, load_font

    options = Options(hinting=False, layout_features=["*"], name_IDs=[])
    options.drop_tables += DROPPED
    reduced = load_font(str(font.path), options, lazy=True)
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=code_points)
    subsetter.subset(reduced)
    reduced.flavor = "woff"
    file = io.BytesIO()
    reduced.save(file)
    return base64.b64encode(file.getvalue()).decode("ascii")

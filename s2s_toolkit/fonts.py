"""Which fonts have the characters of some labels: matplotlib's own, those of the extra `fonts`, the system's.

Labels are shaped by matplotlib, from 3.11 on: joined Arabic, reordered vowel signs, syllables of jamo. A letter is
only joined to one of the same font, so a label gets one that has all of it, where there is one.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, files

from s2s_toolkit.labels import FILLER, code_point

FONT_PACKAGES = ("manimgx-fonts", "noto-cjk-sans-jp-regular")
"""What the extra `fonts` installs: Noto fonts and nothing that runs; only their files are looked at."""

FIRST = "DejaVu Sans"
"""It comes with matplotlib."""

SHAPED = frozenset(range(0x0590, 0x1000))
"""From Hebrew to Tibetan. `FIRST` has some of these scripts, but not all that it takes to put marks in their places."""

SPELLING = "U+0123456789ABCDEF"
"""What code points are spelt with."""

UNFIT = ("Last Resort", "Blank", "Color Emoji")
"""In the names of families that have boxes or nothing for everything, or pictures that matplotlib can't draw."""


@dataclass(frozen=True)
class Font:
    """A family, the file that it was found in, and the code points that it has."""

    family: str
    path: str
    code_points: frozenset[int]


@dataclass(frozen=True)
class Fonts:
    """Fonts that have the characters of some labels between them.

    Attributes:
        fonts: The preferred ones first.
        missing: The characters that no font has, by code point.
    """

    fonts: Sequence[Font]
    missing: Sequence[str]

    def families(self, label: str) -> list[str]:
        """The families to draw a label with, as it is `spelt`: the one that has most of it first, then what it lacks.

        It is one of those that the fonts were found for.
        """
        families, lacking = [], _needed([self.spelt(label)])
        while lacking:
            best = max(self.fonts, key=lambda font: len(lacking & font.code_points))
            families.append(best.family)
            lacking = lacking - best.code_points
        return families or [FIRST]

    def spelt(self, label: str) -> str:
        """A label with the code points of what is missing in place of it."""
        return "".join(code_point(c) if c in self.missing else c for c in label)


def fonts_for(labels: Iterable[str]) -> Fonts:
    """Fonts for labels, known to matplotlib from now on."""
    missing, chosen = _needed([*labels, SPELLING]), []
    for font in _candidates():
        if not missing:
            break
        if not missing.isdisjoint(font.code_points):
            chosen.append(font)
            missing = missing - font.code_points
    _register(chosen)
    return Fonts(chosen, sorted(map(chr, missing)))


def packaged_fonts() -> Iterator[Font]:
    """The upright fonts that the extra brought, if it is installed."""
    for package in FONT_PACKAGES:
        try:
            shipped = files(package) or []
        except PackageNotFoundError:
            continue
        yield from (_read(str(f.locate())) for f in shipped if f.suffix in (".otf", ".ttf") and "Italic" not in f.name)


def _needed(labels: Iterable[str]) -> set[int]:
    """The code points that need a glyph: those that direct the shaping have none."""
    return {ord(c) for label in labels for c in label if not _directs(c)}


def _directs(character: str) -> bool:
    selects = "VARIATION SELECTOR" in unicodedata.name(character, "")
    return selects or unicodedata.category(character) == "Cf" or character == FILLER


def _candidates() -> Iterator[Font]:
    """Every upright font of normal weight, the preferred ones first: so that a picture is the same on most machines."""
    from matplotlib import font_manager

    own = [f for f in font_manager.fontManager.ttflist if f.style == "normal" and f.weight in (400, "normal")]
    first = [_read(font.fname) for font in own if font.name == FIRST]
    yield from (replace(font, code_points=font.code_points - SHAPED) for font in first)
    yield from packaged_fonts()
    yield from first
    known = {str(font.fname) for font in font_manager.fontManager.ttflist}
    for font in sorted(own, key=lambda f: ("Sans" not in f.name, f.name)):
        yield _read(font.fname)
    for path in sorted(font_manager.findSystemFonts()):  # installed after matplotlib listed what there was
        if path not in known and not any(style in path for style in ("Bold", "Italic", "Oblique")):
            yield _read(path)


def _read(path: str) -> Font:
    """A font that has nothing where its file is broken or unfit."""
    from matplotlib import font_manager
    from matplotlib.ft2font import FaceFlags

    try:
        font = font_manager.get_font(path)
        fits = FaceFlags.SCALABLE in font.face_flags and not any(part in font.family_name for part in UNFIT)
        return Font(font.family_name, path, frozenset(font.get_charmap() if fits else ()))
    except (OSError, RuntimeError):
        return Font("", path, frozenset())


def _register(fonts: Iterable[Font]) -> None:
    """Let matplotlib find fonts by their families; those that it knows already stay as they are."""
    from matplotlib import font_manager

    known = {str(font.fname) for font in font_manager.fontManager.ttflist}
    for font in fonts:
        if str(font.path) not in known:
            font_manager.fontManager.addfont(font.path)

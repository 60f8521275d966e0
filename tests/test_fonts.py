"""Fonts: every character of Korean, Arabic and Devanagari labels has a glyph, and words are shaped."""

import re
import unicodedata
from importlib.metadata import PackageNotFoundError

import numpy as np
import pytest

from s2s_toolkit import font_remedies, fonts
from s2s_toolkit.font_remedies import lacking
from s2s_toolkit.fonts import FIRST, fonts_for
from s2s_toolkit.labels import shown

pytest.importorskip("matplotlib")
NO_FONT = "\U00018b00"  # a letter of Khitan, which no usual font has

WORDS = {
    "Korean": unicodedata.normalize("NFD", "한국어"),
    "Arabic": "السَّلام",
    "Devanagari": "क्षत्रिय हिन्दी",
}
in_every_script = pytest.mark.parametrize("word", WORDS.values(), ids=WORDS)
with_packages = pytest.mark.usefixtures("font_packages")


@with_packages
@in_every_script
def test_every_character_of_a_word_and_of_its_labels_has_a_glyph(word):
    labels = [word, *map(shown, word)]
    found = fonts_for(labels)
    assert found.missing == []
    for label in labels:
        families = found.families(label)
        code_points = set().union(*(font.code_points for font in found.fonts if font.family in families))
        assert {ord(c) for c in label if c != "\u115f"} <= code_points


@with_packages
def test_jamo_are_drawn_as_their_syllable():
    assert np.array_equal(outline(unicodedata.normalize("NFD", "한")), outline("한"))


@with_packages
def test_a_korean_vowel_alone_has_its_usual_size():
    height = np.ptp(outline("\u1161")[:, 1])
    assert np.ptp(outline(shown("\u1161"))[:, 1]) > 1.3 * height


@with_packages
@pytest.mark.parametrize(
    ("word", "parts"), [("بب", "بب"), ("لا", "لا"), ("क्ष", "कष")], ids=["joined", "ligature", "conjunct"]
)
def test_letters_are_joined(word, parts):
    assert width(word) < 0.8 * sum(map(width, parts))


@with_packages
def test_arabic_reads_from_right_to_left():
    points = outline("اد")  # the tall letter comes first
    assert points[points[:, 1].argmax(), 0] > points[:, 0].min() + 0.7 * np.ptp(points[:, 0])


@with_packages
def test_a_mark_alone_stands_on_a_dotted_circle_of_its_own_font():
    for mark in ("\u093f", "\u064e", "\u0301"):
        label = shown(mark)
        assert label == f"\u25cc{mark}"
        assert len(fonts_for([label]).families(label)) == 1


def test_matplotlibs_own_font_comes_first():
    found = fonts_for(["aж1"])
    assert (found.families("aж1"), found.missing) == ([FIRST], [])


def test_characters_that_no_font_has_are_told_and_spelt():
    found = fonts_for([f"a{NO_FONT}"])
    assert found.missing == [NO_FONT]
    assert found.spelt(f"a{NO_FONT}") == "aU+18B00"
    assert found.families(f"a{NO_FONT}") == [FIRST]


@with_packages
def test_the_spelling_of_a_missing_character_has_glyphs_too():
    label = f"ب{NO_FONT}"
    families = fonts_for([label]).families(label)
    assert FIRST in families
    assert len(families) == 2


def test_what_directs_the_shaping_needs_no_glyph():
    assert fonts_for(["a\u200d\ufe0f\u200f"]).missing == []


def test_an_installed_font_that_matplotlib_has_not_listed_is_found(monkeypatch):
    from matplotlib import font_manager

    listed = [font for font in font_manager.fontManager.ttflist if font.name == FIRST]
    path = font_manager.findfont("STIXGeneral")  # it comes with matplotlib too
    known = set().union(*(font_manager.get_font(font.fname).get_charmap() for font in listed))
    character = chr(min(set(font_manager.get_font(path).get_charmap()) - known))
    monkeypatch.setattr(font_manager.fontManager, "ttflist", listed)
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda: [path])
    monkeypatch.setattr(fonts, "packaged_fonts", lambda: iter(()))
    assert fonts_for([character]).families(character) == ["STIXGeneral"]
    assert font_manager.findfont("STIXGeneral") == path


@pytest.mark.parametrize(
    ("character", "script", "package"),
    [
        ("\u1100", "Hangul ᄀ (U+1100)", "fonts-noto-cjk (Debian), google-noto-sans-cjk-fonts (Fedora)"),
        ("\u5e74", "CJK 年 (U+5E74)", "font-noto-sans-cjk (Homebrew)"),
        ("\u0915", "Devanagari क (U+0915)", "font-noto-sans-devanagari (Homebrew)"),
        ("\u0628", "Arabic ب (U+0628)", "fonts-noto-core (Debian)"),
        ("\U0001f600", "Emoji 😀 (U+1F600)", "fonts-symbola (Debian)"),
        ("\ue000", "Symbol \ue000 (U+E000)", "font-noto-sans-symbols (Homebrew)"),
    ],
)
def test_the_script_is_named_and_what_to_install(character, script, package):
    line = lacking([character])
    assert line.startswith(f"no font here has {script}: ")
    assert package in line


def test_many_characters_make_one_short_line():
    line = lacking([chr(n) for n in range(0xAC00, 0xAC50)] + [NO_FONT])
    assert "and 77 more" in line
    assert line.count("fonts-noto-cjk (Debian)") == 1
    assert len(line) < 400


def test_pip_is_named_where_the_extra_is_not_installed(monkeypatch):
    def absent(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr(font_remedies, "version", absent)
    assert re.search(r'pip install "s2s-toolkit\[fonts\]", or install fonts-noto-cjk', lacking(["가"]))


def outline(text):
    """Where the glyphs of a text run, points (N, 2)."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    families = fonts_for([text]).families(text)
    path = TextPath((0, 0), text, prop=FontProperties(family=families), size=20)
    return path.vertices[path.codes != path.CLOSEPOLY]


def width(text):
    return np.ptp(outline(text)[:, 0])

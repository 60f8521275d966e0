"""A page brings the glyphs that it needs, and no others."""

import base64
import io
import unicodedata

import pytest

from s2s_toolkit.report.embedded_fonts import embedded_fonts

pytest.importorskip("fontTools")
pytestmark = pytest.mark.usefixtures("font_packages")


def opened(font):
    from fontTools.ttLib import TTFont

    return TTFont(io.BytesIO(base64.b64decode(font.woff)))


def test_latin_text_needs_no_font():
    assert embedded_fonts(["A text, naïve café", "12"]) == []


def test_every_character_is_in_one_of_the_fonts():
    texts = ["한국어", unicodedata.normalize("NFD", "한국어"), "السلام", "हिन्दी", "t͡ɕʰ", "😀"]
    fonts = embedded_fonts(texts)
    families = [font.family for font in fonts]
    assert len(set(families)) == len(families) > 3
    having = set().union(*(opened(font).getBestCmap() for font in fonts))
    assert {ord(c) for c in "".join(texts)} <= having


def test_a_font_has_the_characters_of_the_page_alone_and_stays_small():
    (font,) = embedded_fonts(["한국어 abc"])
    assert set(opened(font).getBestCmap()) == set(map(ord, "한국어 abc"))
    assert len(font.woff) < 30_000


def test_what_joins_jamo_stays_in_the_font():
    (font,) = embedded_fonts(["\u1112\u1161\u11ab"])
    features = {record.FeatureTag for record in opened(font)["GSUB"].table.FeatureList.FeatureRecord}
    assert {"ljmo", "vjmo", "tjmo"} <= features


def test_a_page_names_the_fonts_that_it_has(hostile):
    assert hostile.content.fonts
    for font in hostile.content.fonts:
        assert f'@font-face {{ font-family: "{font.family}"; src: url(data:font/woff;base64,{font.woff}' in hostile.html
        assert f'"{font.family}"' in hostile.html.partition("--data:")[2].partition(";")[0]

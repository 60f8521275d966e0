import numpy as np
import pytest

from s2s_toolkit.errors import S2SError
from s2s_toolkit.plotting import FORMATS, fonts_for, save_attention, shown
from s2s_toolkit.translation import Translation

matplotlib = pytest.importorskip("matplotlib")


def translation_of(target, source):
    symbols, source_symbols = (*target, "</s>"), (*source, "</s>")
    attention = np.full((len(symbols), len(source_symbols)), 1 / len(source_symbols))
    return Translation("".join(target), 0.0, symbols, source_symbols, np.zeros(len(symbols)), attention)


@pytest.mark.parametrize(
    ("symbol", "label"),
    [
        ("a", "a"),
        ("年", "年"),
        ("</s>", "</s>"),
        (" ", "␣"),
        ("\t", "␉"),
        ("a\nb", "a␊b"),
        ("\u200f", "U+200F"),
        ("\x00", "U+0000"),
    ],
)
def test_every_symbol_can_be_seen(symbol, label):
    assert shown(symbol) == label


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_picture_is_written_in_every_format(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    assert save_attention(translation_of("25", "fünf $und$"), path) == []
    assert path.stat().st_size > 1000
    assert list(tmp_path.iterdir()) == [path]


def test_more_symbols_make_a_larger_picture(tmp_path):
    small, large = (size_of(tmp_path, translation_of("a" * n, "b" * n)) for n in (9, 33))
    assert np.all(large > 2 * small)


@pytest.mark.parametrize("target", ["", "a" * 70])
def test_nothing_and_much_can_be_drawn(tmp_path, target):
    assert np.all(size_of(tmp_path, translation_of(target, target)) <= 3600)


def test_another_suffix_is_refused(tmp_path):
    with pytest.raises(S2SError, match=r"give a name that ends in \.pdf, \.png, \.svg"):
        save_attention(translation_of("a", "b"), tmp_path / "a.docx")


def test_matplotlibs_own_font_comes_first():
    families, missing = fonts_for(set("aж1"))
    assert (families[0], missing) == ("DejaVu Sans", [])


def test_characters_that_no_font_has_are_told():
    assert fonts_for({"a", "\U00018b00"})[1] == ["\U00018b00"]


def test_drawing_leaves_matplotlibs_state_alone(tmp_path):
    before = dict(matplotlib.rcParams)
    save_attention(translation_of("a", "b"), tmp_path / "a.png")
    assert dict(matplotlib.rcParams) == before


def size_of(folder, translation):
    save_attention(translation, folder / "a.png")
    return np.array(matplotlib.image.imread(folder / "a.png").shape[:2])

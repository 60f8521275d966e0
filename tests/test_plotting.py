import numpy as np
import pytest

from s2s_toolkit.errors import S2SError
from s2s_toolkit.labels import shown, shown_text
from s2s_toolkit.plotting import FORMATS, save_attention
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
        ("\u0301", "◌\u0301"),
        ("e\u0301", "e\u0301"),
        ("\u1161", "\u115f\u1161"),
        ("\u1100\u1161", "\u1100\u1161"),
        ("😀", "😀"),
    ],
)
def test_every_symbol_can_be_seen(symbol, label):
    assert shown(symbol) == label


def test_a_text_keeps_what_its_shape_depends_on():
    assert shown_text("a\x07 \tक\u200dष\u200f") == "aU+0007 ␉क\u200dष\u200f"


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_picture_is_written_in_every_format(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    save_attention(translation_of("25", "fünf $und$"), path)
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


@pytest.mark.filterwarnings("error")  # matplotlib warns of each glyph that it draws as a box
@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.usefixtures("font_packages")
def test_no_symbol_of_any_script_is_a_box(tmp_path, suffix):
    for number, (target, source) in enumerate(
        [("\u1112\u1161\u11ab", "hin\u0301"), ("السَّلام", "한국"), ("क्षत्रिय", "😀\u200d\x01 年")]
    ):
        save_attention(translation_of(target, source), tmp_path / f"{number}{suffix}")


@pytest.mark.filterwarnings("error")
def test_a_missing_glyph_is_refused_or_spelt(tmp_path):
    translation = translation_of("a\U00018b00", "b\U00018b01")
    with pytest.raises(S2SError, match=r"no font here has Khitan .* --missing-glyphs code-points"):
        save_attention(translation, tmp_path / "a.png")
    assert list(tmp_path.iterdir()) == []
    save_attention(translation, tmp_path / "a.png", missing_glyphs="code-points")
    assert (tmp_path / "a.png").is_file()


def test_drawing_leaves_matplotlibs_state_alone(tmp_path):
    before = dict(matplotlib.rcParams)
    save_attention(translation_of("a", "b"), tmp_path / "a.png")
    assert dict(matplotlib.rcParams) == before


def size_of(folder, translation):
    save_attention(translation, folder / "a.png")
    return np.array(matplotlib.image.imread(folder / "a.png").shape[:2])

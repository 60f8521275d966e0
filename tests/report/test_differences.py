import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s2s_toolkit.report.clusters import clusters
from s2s_toolkit.report.differences import Piece, differences, pieces

SYMBOLS = st.lists(st.sampled_from(["a", "b", "cd", "\u0301", "\u1100", "\u1161"]), max_size=9)


def marked(found):
    return [piece.text for piece in found if piece.differs]


def test_what_is_missing_and_what_is_there_instead_are_marked():
    reference, hypothesis = differences("abcde", "axcd", separator="")
    assert reference == [Piece("a", False), Piece("b", True), Piece("cd", False), Piece("e", True)]
    assert hypothesis == [Piece("a", False), Piece("x", True), Piece("cd", False)]


def test_marks_go_on_between_neighbours():
    reference, _ = differences(["k", "a", "n", "o"], ["k", "o"], separator=" ")
    assert reference == [Piece("k ", False), Piece("a n", True), Piece(" o", False)]


def test_a_syllable_is_marked_as_a_whole():
    wanted, found = (unicodedata.normalize("NFD", text) for text in ("한국어", "한군어"))
    assert [unicodedata.normalize("NFC", text) for text in marked(differences(wanted, found, separator="")[0])] == [
        "국"
    ]


def test_marked_white_space_can_be_seen():
    assert marked(differences("a b", "ab", separator="")[0]) == ["␣"]


@given(SYMBOLS, SYMBOLS, st.sampled_from(["", " "]))
def test_pieces_are_the_text(reference, hypothesis, separator):
    wanted, found = differences(reference, hypothesis, separator=separator)
    assert "".join(piece.text for piece in wanted).replace("␣", " ") == separator.join(reference)
    assert "".join(piece.text for piece in found).replace("␣", " ") == separator.join(hypothesis)
    assert (marked(wanted) == marked(found) == []) == (reference == hypothesis)


def test_neighbours_alike_are_one_piece():
    assert pieces("abcd", [True, True, False, False]) == [Piece("ab", True), Piece("cd", False)]


@pytest.mark.parametrize(
    "cluster",
    ["e\u0301", "\u1112\u1161\u11ab", "क्ष", "कि", "👩\u200d🚀", "👍🏽", "🇰🇷", "❤\ufe0f", "가\u11a8"],
)
def test_what_a_reader_takes_for_one_character_stays_together(cluster):
    assert clusters(f"x{cluster}{cluster}y") == ["x", cluster, cluster, "y"]


@given(st.text())
def test_clusters_are_the_text(text):
    assert "".join(clusters(text)) == text
    assert all(clusters(text))

from hypothesis import given
from hypothesis import strategies as st

from s2s_toolkit.tokenizers import WHITESPACE, Characters, Separator, Tagged, Words

SPACED_TEXT = st.text(st.sampled_from("ab\N{HANGUL SYLLABLE GA}\N{GRINNING FACE}" + WHITESPACE))


def test_white_space_is_what_python_calls_white_space():
    assert len(WHITESPACE) == 29
    assert set(WHITESPACE) == {chr(number) for number in range(0x110000) if chr(number).isspace()}


def test_characters_keep_every_code_point():
    assert Characters().split(" e\u0301\U0001f600\n") == [" ", "e", "\u0301", "\U0001f600", "\n"]


def test_words_stand_between_any_white_space():
    assert Words().split("\u3000ein\t Wort\u00a0mehr\n") == ["ein", "Wort", "mehr"]


def test_a_zero_width_space_is_part_of_a_word():
    assert Words().split("a\u200bb") == ["a\u200bb"]


def test_separated_symbols_stand_between_spaces_only():
    assert Separator().split("  a\u00a0 ɑ̃  t\tʃ ") == ["a\u00a0", "ɑ̃", "t\tʃ"]


@given(text=st.one_of(st.text(), SPACED_TEXT))
def test_characters_join_to_the_text_they_came_from(text):
    assert Characters().join(Characters().split(text)) == text


@given(text=st.one_of(st.text(), SPACED_TEXT))
def test_words_are_those_of_python(text):
    assert Words().split(text) == text.split()


def test_tags_stand_behind_the_first_tab_between_tabs_and_semicolons():
    assert Tagged().split("V a\tV;PST;;3") == ["V", " ", "a", "\tV", "\tPST", "\t3"]
    assert Tagged().split("a;b") == ["a", ";", "b"]
    assert Tagged().split("\tV\t;SG ") == ["\tV", "\tSG "]
    assert Tagged().split("a\t") == ["a"]


def test_a_tag_is_no_letter():
    letter, tag = Tagged().split("V\tV")
    assert letter != tag


@given(text=st.text(st.sampled_from("aV;\t é")))
def test_tagged_symbols_are_split_again_as_they_were(text):
    symbols = Tagged().split(text)
    assert Tagged().split(Tagged().join(symbols)) == symbols

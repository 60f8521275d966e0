"""Normalisation: the forms of Unicode, lower-casing of single code points, and both together."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s2s_toolkit.normalization import UNCHANGED, Normalization, lower, ordered

FORMS = ["", "nfc", "nfd", "nfkc", "nfkd"]
EVERY = [Normalization(form, lowercase) for form in FORMS for lowercase in (False, True)]
TEXT = st.text(st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from("İǅΣJI\u0307\u030c\u0323가\u11a8ﬁ")))
every = pytest.mark.parametrize("normalization", EVERY, ids=str)


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("", "é가ﬁ"),
        ("nfc", "é가ﬁ"),
        ("nfd", "e\u0301\u1100\u1161ﬁ"),
        ("nfkc", "é가fi"),
        ("nfkd", "e\u0301\u1100\u1161fi"),
    ],
)
def test_forms_are_those_of_unicode(form, expected):
    assert Normalization(form)("é가ﬁ") == expected


def test_marks_come_in_one_order():
    assert Normalization("nfd")("a\u0301\u0323") == Normalization("nfd")("a\u0323\u0301") == "a\u0323\u0301"


@given(text=TEXT)
def test_no_normalization_leaves_text_as_it_is(text):
    assert UNCHANGED(text) == text


@pytest.mark.parametrize(("text", "expected"), [("ΟΔΟΣ", "οδοσ"), ("İI", "i\u0307i"), ("ǅ", "ǆ"), ("Straße", "straße")])
def test_lower_casing_looks_at_one_code_point_at_a_time(text, expected):
    assert Normalization(lowercase=True)(text) == expected


@pytest.mark.parametrize(("text", "expected"), [("J\u030c", "ǰ"), ("İ\u0323", "ị\u0307"), ("Å", "å")])
def test_what_was_lower_cased_is_in_the_form_again(text, expected):
    assert Normalization("nfc", lowercase=True)(text) == expected


def test_capitals_that_a_compatibility_form_brings_are_lower_cased_too():
    assert Normalization("nfkd", lowercase=True)("™ℌ") == "tmh"


@every
@given(text=TEXT)
def test_doing_it_twice_changes_nothing(normalization, text):
    once = normalization(text)
    assert normalization(once) == once


@every
@given(text=TEXT)
def test_the_result_is_in_its_form_and_case(normalization, text):
    found = normalization(text)
    assert normalization.form == "" or unicodedata.is_normalized(normalization.form.upper(), found)
    assert not normalization.lowercase or lower(found) == found


@pytest.mark.parametrize("form", FORMS[1:])
@given(text=TEXT)
def test_texts_that_are_canonically_equal_become_equal(form, text):
    normalization = Normalization(form, lowercase=True)
    composed, decomposed = (unicodedata.normalize(other, text) for other in ("NFC", "NFD"))
    assert normalization(composed) == normalization(decomposed) == normalization(text)


@pytest.mark.parametrize("form", FORMS[1:])
@given(text=st.text(st.sampled_from("aé\u0301\u0323\u0344\u0f73\u0f71\u0f72\u0f81각\u11a8ﬁ\u200d"), max_size=40))
def test_marks_in_order_beforehand_change_no_form(form, text):
    name = form.upper()
    assert unicodedata.normalize(name, ordered(text, form)) == unicodedata.normalize(name, text)


@pytest.mark.parametrize("form", FORMS[1:])
@pytest.mark.parametrize(
    ("marks", "low", "high"), [("\u0301\u0323", "\u0323", "\u0301"), ("\u0f73", "\u0f71", "\u0f72")]
)
def test_half_a_million_marks_on_one_letter_are_put_in_order(form, marks, low, high):
    many = 500_000  # with Python's own way a matter of minutes
    assert Normalization(form)("q" + marks * many) == "q" + low * many + high * many

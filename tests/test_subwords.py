"""Tokenizers that learn: what they learn, keep and restore, and what they make of text."""

import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s2s_toolkit.errors import UnsupportedError
from s2s_toolkit.segmentation import MARK, Merges, Unigram
from s2s_toolkit.subwords import Bpe, UnigramTokenizer
from s2s_toolkit.testing.requirements import require
from s2s_toolkit.tokenizers import WHITESPACE, learns

TEXTS = ["low lower lowest newer newest wider", "new low wide lower", "한글 한국 글", "low newer"]
KINDS = (Bpe, UnigramTokenizer)
STATES = {
    Bpe: {"merges": [["l", "o"], ["lo", "w"], [MARK, "low"], ["e", "r"], ["한", "글"]]},
    UnigramTokenizer: {"pieces": [[MARK, -1.0], ["low", -1.5], ["er", -1.7], [MARK + "한", -2.0], ["w", -3.0]]},
}
texts = st.text(st.sampled_from("lowenrst한글z" + MARK + WHITESPACE), max_size=40) | st.text(max_size=20)


@pytest.fixture(scope="module", params=KINDS)
def kind(request):
    require("tokenizers")
    return request.param


@pytest.fixture(scope="module")
def learned(kind):
    return kind(size=40).learned(TEXTS)


def test_pairs_that_occur_once_are_not_merged():
    require("tokenizers")
    assert Bpe(size=99).learned(["ab ab cd"]).state == {"merges": [["a", "b"], [MARK, "ab"]]}


def test_size_counts_the_characters():
    require("tokenizers")
    letters = set("".join(TEXTS).replace(" ", MARK))
    assert len(Bpe(size=len(letters) + 3).learned(TEXTS).segmentation.pairs) == 3


def test_unigram_has_as_many_pieces_as_were_asked_for():
    require("tokenizers")
    assert len(UnigramTokenizer(size=20).learned(TEXTS).segmentation.scores) == 20


def test_before_learning_words_are_cut_into_characters():
    for kind in KINDS:
        assert kind().split("ab  c") == [MARK, "a", "b", MARK, "c"]
        assert kind().state is None


def test_learning_leaves_the_tokenizer_as_it_was(kind):
    tokenizer = kind(size=40)
    assert learns(tokenizer)
    assert tokenizer.learned(TEXTS).size == 40
    assert (tokenizer.state, tokenizer.segmentation) == (None, Merges(()))


def test_the_same_texts_teach_the_same(kind, learned):
    assert kind(size=40).learned(TEXTS).state == learned.state
    assert kind(size=40).learned(iter(TEXTS)).state == learned.state


def test_a_state_outlives_its_file(kind, learned):
    restored = kind().restored(json.loads(json.dumps(learned.state)))
    assert restored.segmentation == learned.segmentation
    assert restored.state == learned.state


def test_frequent_words_are_one_piece(learned):
    assert learned.split("low  low") == [MARK + "low"] * 2


def test_no_piece_holds_punctuation_beside_letters(kind):
    texts = ["low. lower. (lowest. (newer."] * 9
    assert kind(size=40).learned(texts).split("(low.")[1] == "("
    assert kind(size=40).learned(texts).split("low.")[-1] == "."


def test_pieces_hold_punctuation_where_that_is_asked_for():
    require("tokenizers")
    assert Bpe(size=40, split_punctuation=False).learned(["low. low."]).split("low.") == ["▁low."]
    assert Bpe(size=40).learned(["low. low."]).split("low.") == ["▁low", "."]


def test_nothing_can_be_learned_from_no_text(kind):
    for nothing in ([], ["", " \n"]):
        assert kind().learned(nothing).split("ab") == [MARK, "a", "b"]


def test_mark_in_a_text_parts_words(learned):
    assert learned.split(f"low{MARK}newer{MARK}{MARK}") == learned.split("low newer")
    assert learned.split(MARK) == []


def test_joined_pieces_have_spaces_for_marks(learned):
    assert learned.join([MARK + "lo", "w", MARK, "new"]) == "low new"
    assert learned.join(["lo", "w", MARK + "new"]) == "low new"
    assert learned.join([MARK]) == ""
    assert learned.join([]) == ""


@given(text=texts)
def test_a_text_is_its_words_again(text):
    words = "".join(" " if letter in WHITESPACE + MARK else letter for letter in text).split(" ")
    for kind in KINDS:
        tokenizer = kind(size=40).restored(STATES[kind])
        assert tokenizer.join(tokenizer.split(text)) == " ".join(filter(None, words))


def test_a_state_of_another_tokenizer_is_refused():
    with pytest.raises(ValueError, match=r"^the state is that of another tokenizer, it holds pieces$"):
        Bpe().restored(Unigram({"a": -1.0}).described())
    with pytest.raises(ValueError, match=r"^the state is that of another tokenizer, it holds merges$"):
        UnigramTokenizer().restored(Merges(()).described())


def test_without_the_package_cutting_works_and_learning_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    for kind in KINDS:
        with pytest.raises(UnsupportedError, match=r'pip install "s2s-toolkit\[subwords\]"$'):
            kind().learned(TEXTS)
        assert MARK + "low" in "".join(kind().restored(STATES[kind]).split("low"))


def test_a_size_below_one_is_refused():
    for kind in KINDS:
        with pytest.raises(ValueError, match=r"^size must be at least 1, given 0$"):
            kind(size=0)

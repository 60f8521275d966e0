"""Segmentations: what a word is cut into, by hand and as the package `tokenizers` cuts it."""

import math
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s2s_toolkit.segmentation import MARK, UNKNOWN_PENALTY, Merges, Unigram, remembering, segmentation_of
from s2s_toolkit.testing.requirements import require

LETTERS = "ab한\u1112\u0301\U0001f44d" + MARK
words = st.text(st.sampled_from(LETTERS + "z"), max_size=30)
pieces = st.text(st.sampled_from(LETTERS), min_size=1, max_size=4)


@st.composite
def learnt_merges(draw):
    """Pairs of pieces that are there when they are merged, as training finds them; some make the same piece."""
    known, pairs = list(LETTERS), []
    for _ in range(draw(st.integers(0, 14))):
        pair = draw(st.sampled_from(known)), draw(st.sampled_from(known))
        if pair not in pairs and len("".join(pair)) < 9:
            pairs.append(pair)
            known.append("".join(pair))
    return Merges(tuple(draw(st.permutations(pairs))))


# few different scores, so that many ways are equally probable
unigrams = st.dictionaries(pieces, st.sampled_from([-0.5, -1.0, -1.5, -2.0, -3.1]), min_size=1).map(Unigram)
segmentations = learnt_merges() | unigrams


def test_pairs_are_merged_in_their_order_and_from_the_left():
    merges = Merges((("a", "b"), ("b", "a"), ("ab", "ab"), ("aa", "a")))
    assert merges.cut("ababab") == ["abab", "ab"]
    assert merges.cut("baab") == ["ba", "ab"]
    assert merges.cut("bbaa") == ["b", "ba", "a"]


def test_a_pair_that_a_merge_makes_may_come_before_others_of_its_rank():
    merges = Merges((("aba", "b"), ("ab", "a"), ("a", "b")))
    assert merges.cut("ababab") == ["abab", "ab"]


def test_without_merges_every_character_is_a_piece():
    assert Merges(()).cut("e\u0301x") == ["e", "\u0301", "x"]
    assert Merges(()).cut("") == []


def test_very_long_words_are_merged_in_little_time():
    assert Merges((("a", "a"), ("aa", "aa"))).cut("a" * 100_002) == ["aaaa"] * 25_000 + ["aa"]


def test_the_most_probable_pieces_are_chosen():
    unigram = Unigram({"a": -1.0, "b": -1.0, "ab": -1.5, "ba": -1.2, "aba": -3.0})
    assert unigram.cut("aba") == ["a", "ba"]
    assert unigram.cut("ab") == ["ab"]
    assert unigram.cut("") == []


def test_of_equally_probable_ways_the_longer_last_piece_counts():
    assert Unigram({"a": -1.0, "aa": -2.0}).cut("aaa") == ["a", "aa"]


def test_a_character_that_is_no_piece_is_less_probable_than_each_of_them():
    unigram = Unigram({"a": -1.0, "azb": -4.0 - UNKNOWN_PENALTY, "b": -2.0})
    assert unigram.unknown == -4.0 - 2 * UNKNOWN_PENALTY
    assert unigram.cut("azb") == ["azb"]
    assert unigram.cut("zaz") == ["z", "a", "z"]


@given(segmentation=segmentations, word=words)
def test_pieces_are_whole_words_again(segmentation, word):
    found = segmentation.cut(word)
    assert "".join(found) == word
    assert all(found)


@given(unigram=unigrams, word=st.text(st.sampled_from("ab한z"), max_size=7))
def test_no_other_way_is_more_probable(unigram, word):
    def score(ends):
        starts = (0, *ends[:-1])
        parts = [word[start:end] for start, end in zip(starts, ends, strict=True)]
        unknown = [unigram.unknown if len(part) == 1 else -math.inf for part in parts]
        return sum(unigram.scores.get(part, other) for part, other in zip(parts, unknown, strict=True))

    inner = [
        [place for place, cut in enumerate(cuts, start=1) if cut] for cuts in product([0, 1], repeat=len(word[1:]))
    ]
    best = max(score((*cuts, len(word))) for cuts in inner) if word else 0
    lengths = [len(piece) for piece in unigram.cut(word)]
    found = score([sum(lengths[: number + 1]) for number in range(len(lengths))]) if word else 0
    assert found == pytest.approx(best)


@given(merges=learnt_merges(), word=words)
def test_merges_cut_as_the_package_tokenizers_does(merges, word):
    require("tokenizers")
    from tokenizers import Tokenizer, models

    symbols = dict.fromkeys([*LETTERS, "z"])
    for first, second in merges.pairs:
        symbols |= dict.fromkeys((first, second, first + second))
    vocabulary = {symbol: number for number, symbol in enumerate(symbols)}
    reference = Tokenizer(models.BPE(vocab=vocabulary, merges=list(merges.pairs)))
    assert merges.cut(word) == reference.encode(word).tokens


@given(unigram=unigrams, word=words)
def test_unigram_cuts_as_the_package_tokenizers_does(unigram, word):
    """But for characters that are no piece, of which the package makes one symbol where they stand together."""
    require("tokenizers")
    from tokenizers import Tokenizer, models

    reference = Tokenizer(models.Unigram([("<unk>", 0.0), *unigram.scores.items()], unk_id=0))
    found, was_known = [], True
    for piece in unigram.cut(word):
        is_known = piece in unigram.scores
        if is_known or was_known:
            found.append(piece)
        else:
            found[-1] += piece
        was_known = is_known
    assert found == reference.encode(word).tokens


@given(segmentation=segmentations)
def test_a_segmentation_is_what_it_describes(segmentation):
    assert segmentation_of(segmentation.described()) == segmentation


@pytest.mark.parametrize(
    "described",
    [
        None,
        [],
        {},
        {"merges": 3},
        {"merges": [["a"]]},
        {"merges": [["a", 3]]},
        {"merges": [["a", ""]]},
        {"merges": [["a", "b"], ["a", "b"]]},
        {"pieces": [["a", "b"]]},
        {"pieces": []},
        {"pieces": [["", -1.0]]},
        {"pieces": [["a", math.nan]]},
    ],
)
def test_what_describes_no_segmentation_is_refused(described):
    with pytest.raises(ValueError):
        segmentation_of(described)


def test_long_words_are_not_remembered():
    calls = []

    def count(word):
        calls.append(word)
        return len(word)

    remembered = remembering(count)
    assert [remembered(word) for word in ("ab", "a" * 10**4) * 2] == [2, 10**4] * 2
    assert [len(word) for word in calls] == [2, 10**4, 10**4]

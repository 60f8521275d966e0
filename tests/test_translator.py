"""Translating text: order, alternatives, and what a translation says about itself."""

import json

import numpy as np
import pytest

from s2s_toolkit.batches import source_arrays
from s2s_toolkit.errors import DataError
from s2s_toolkit.search import search
from s2s_toolkit.strategies.beam import BeamSearch
from s2s_toolkit.strategies.greedy import Greedy
from s2s_toolkit.strategies.sample import Sample
from s2s_toolkit.symbols import UNK
from s2s_toolkit.text import TextSide
from s2s_toolkit.tokenizers import Characters, Separator
from s2s_toolkit.translation import Translation
from s2s_toolkit.translator import Translator
from s2s_toolkit.vocabulary import Vocabulary

SOURCE = TextSide(Characters(), Vocabulary("abcdefg"))
TARGET = TextSide(Separator(), Vocabulary(["AH", "B", "CH", "D", "EY"]))
TEXTS = ["gab", "", "fedcba", "b", "gab", "faced", "xyz"]
BEAM = BeamSearch(beam_size=4, n_best=3)

each_strategy = pytest.mark.parametrize("strategy", [Greedy(), BEAM, Sample(num_samples=3)])


@pytest.fixture(scope="module")
def tiny(tiny_model):
    return tiny_model(source_size=len(SOURCE.vocabulary), target_size=len(TARGET.vocabulary))


@pytest.fixture(scope="module")
def translate(tiny):
    """Translate with a strategy."""

    def run(texts, strategy=BEAM, *, max_length=8, prefixes=(), **options):
        settings = {"max_length": max_length}
        return Translator(tiny.stepper, SOURCE, TARGET, strategy, settings, **options)(texts, prefixes)

    return run


@each_strategy
def test_translations_come_in_the_order_of_their_texts(strategy, translate):
    assert plain(translate(TEXTS, strategy)) == [plain(translate([text], strategy))[0] for text in TEXTS]


def test_texts_that_differ_are_translated_differently(translate):
    assert len({translation.text for translation in translate(TEXTS)}) >= 5


@pytest.mark.parametrize("batch_size", [1, 2, 3, 7])
@each_strategy
def test_batch_size_changes_nothing(strategy, batch_size, translate):
    found, expected = translate(TEXTS, strategy, batch_size=batch_size), translate(TEXTS, strategy)
    assert plain(found) == plain(expected)
    for one, two in zip(found, expected, strict=True):
        np.testing.assert_allclose(one.score, two.score, atol=1e-5)
        np.testing.assert_allclose(one.attention, two.attention, atol=1e-5)


def plain(translations):
    """Texts and symbols, the alternatives included."""
    return [[(result.text, result.symbols) for result in (t, *t.alternatives)] for t in translations]


def test_translation_is_what_the_search_found(tiny, translate):
    found = search(tiny.stepper, Greedy(), *source_arrays([SOURCE.encode("faced")]), {"max_length": 8})
    translation = translate(["faced"], Greedy())[0]
    assert translation.text == TARGET.decode(found.ids[0, 0])
    assert translation.score == pytest.approx(float(found.scores[0, 0]))


def test_no_texts_give_no_translations(translate):
    assert translate([]) == []


def test_greedy_has_no_alternatives(translate):
    assert translate(["gab"], Greedy())[0].alternatives == ()


def test_alternatives_follow_best_first_and_differ(translate):
    for translation in translate(TEXTS):
        scores = [translation.score, *(other.score for other in translation.alternatives)]
        assert len(scores) == 3
        assert len({other.symbols for other in (translation, *translation.alternatives)}) == 3


def test_finished_alternatives_are_sorted_by_score(translate):
    for translation in translate(TEXTS):
        scores = [t.score for t in (translation, *translation.alternatives) if t.symbols[-1] == "</s>"]
        assert scores == sorted(scores, reverse=True)


def test_empty_text_is_a_source_of_its_end_alone(translate):
    translation = translate([""])[0]
    assert translation.source_symbols == ("</s>",)
    np.testing.assert_allclose(translation.attention, np.ones((len(translation.symbols), 1)), rtol=1e-6)


def test_unknown_symbols_are_translated_as_one_and_shown_as_given(translate):
    first, second = translate(["axa", "aya"])
    assert SOURCE.encode("axa")[1] == UNK
    assert (first.text, first.score) == (second.text, second.score)
    assert first.source_symbols == ("a", "x", "a", "</s>")


@each_strategy
def test_text_is_its_symbols_joined(strategy, translate):
    for translation in translate(TEXTS, strategy):
        symbols = [symbol for symbol in translation.symbols if symbol != "</s>"]
        assert translation.text == " ".join(symbols)
        assert "</s>" not in translation.symbols[:-1]


@each_strategy
def test_attention_and_log_probabilities_have_a_row_for_each_symbol(strategy, translate):
    for text, translation in zip(TEXTS, translate(TEXTS, strategy), strict=True):
        for result in (translation, *translation.alternatives):
            assert result.token_log_probs.shape == (len(result.symbols),)
            assert result.attention.shape == (len(result.symbols), len(text) + 1)
            np.testing.assert_allclose(result.attention.sum(axis=1), 1, rtol=1e-5)
            assert np.all(result.token_log_probs < 0)


@each_strategy
def test_alignment_is_where_the_attention_is_greatest(strategy, translate):
    for translation in translate(TEXTS, strategy):
        for result in (translation, *translation.alternatives):
            assert result.alignment == tuple(result.attention.argmax(axis=1).tolist())


PREFIXES = ["AH B", "", "EY", "CH CH CH", "D", "??", "B"]


@pytest.mark.parametrize("batch_size", [2, 32])
@each_strategy
def test_each_target_begins_with_its_prefix(strategy, batch_size, translate):
    found = translate(TEXTS, strategy, prefixes=PREFIXES, batch_size=batch_size)
    assert plain(found) == [
        plain(translate([text], strategy, prefixes=[prefix]))[0] for text, prefix in zip(TEXTS, PREFIXES, strict=True)
    ]
    for prefix, translation in zip(PREFIXES, found, strict=True):
        assert translation.symbols[: len(prefix.split())] == tuple(prefix.replace("??", "<unk>").split())


@pytest.mark.parametrize(
    ("prefixes", "message"),
    [
        (["AH"], "expected a prefix for each of 7 texts, or none at all; given 1"),
        (["AH"] * 8, "given 8"),
        ("AHBCHDE", "given the one text 'AHBCHDE'"),
        (["B"] * 6 + ["AH B CH D"], "prefix 'AH B CH D' has 4 symbols, and max_length = 4 leaves room for 3"),
    ],
)
def test_prefixes_that_can_not_work_are_refused(prefixes, message, translate):
    with pytest.raises(DataError, match=message):
        translate(TEXTS, prefixes=prefixes, max_length=4)


def test_a_prefix_may_leave_room_for_the_end_alone(translate):
    assert translate(["gab"], Greedy(), prefixes=["AH B CH"], max_length=4)[0].symbols[:3] == ("AH", "B", "CH")


def test_cut_off_target_has_no_end_symbol(tiny, translate):
    texts = [t for t in TEXTS if len(translate([t], Greedy(), max_length=20)[0].symbols) > 3]
    assert texts
    for translation in translate(texts, Greedy(), max_length=2):
        assert len(translation.symbols) == 2
        assert "</s>" not in translation.symbols


def test_every_target_ends_where_it_is_not_cut_off(translate):
    for translation in translate(TEXTS, max_length=8):
        assert (translation.symbols[-1] == "</s>") == (len(translation.symbols) < 8 or "</s>" in translation.symbols)


def test_translation_can_be_written_as_json(translate):
    translation = translate(["gab"])[0]
    content = json.loads(json.dumps(translation.as_dict()))
    assert content["text"] == translation.text
    assert content["score"] == pytest.approx(translation.score, abs=1e-6)
    assert content["source_symbols"] == ["g", "a", "b", "</s>"]
    np.testing.assert_allclose(content["attention"], translation.attention, atol=1e-6)
    assert content["alignment"] == list(translation.alignment)
    assert [other["text"] for other in content["alternatives"]] == [other.text for other in translation.alternatives]


def test_what_a_file_leaves_out_is_none_in_json():
    content = Translation("x", -1.0, ("x", "</s>"), ("a", "</s>")).as_dict()
    assert (content["attention"], content["token_log_probs"], content["alignment"]) == (None, None, None)

import numpy as np
import pytest

from s2s_toolkit.corpus import Pair
from s2s_toolkit.errors import DataError, UnsupportedError
from s2s_toolkit.evaluation import CHUNK, evaluate, target_symbols
from s2s_toolkit.metrics import cer, exact_match, ser
from s2s_toolkit.opening import open_translator
from s2s_toolkit.translation import Translation


class Reverser:
    """An exported file's translator that writes the words of the source in reverse."""

    def __init__(self):
        self.metadata = {"source_tokenizer": "words", "target_tokenizer": "words"}

    def __call__(self, texts):
        return [translation_of(text.split()[::-1]) for text in texts]


def translation_of(symbols, end=("</s>",)):
    steps = len(symbols) + len(end)
    return Translation(" ".join(symbols), 0.0, (*symbols, *end), ("</s>",), np.zeros(steps), np.ones((steps, 1)))


def test_symbols_are_compared(registry):
    pairs = [Pair("a b", "b  a"), Pair("c d e", "e d x"), Pair("f", "f")]
    found = evaluate(Reverser(), pairs, [exact_match, ser], registry)
    assert found.scores == {"exact_match": pytest.approx(200 / 3), "ser": pytest.approx(100 / 6)}
    assert (found.pairs, found.skipped) == (3, 0)
    assert found.sentences_per_second == 3 / found.seconds


def test_pairs_without_a_symbol_are_skipped_and_counted(registry):
    pairs = [Pair("a", "a"), Pair("", "a"), Pair(" ", "a"), Pair("a", " "), Pair("", "")]
    found = evaluate(Reverser(), pairs, [exact_match], registry)
    assert (found.scores["exact_match"], found.pairs, found.skipped) == (100, 1, 4)


def test_no_pair_is_too_long(registry):
    assert evaluate(Reverser(), [Pair("a " * 999, "a " * 999)], [ser], registry).scores == {"ser": 0}


def test_references_of_text_stay_as_they_stand_in_the_file(registry):
    """A metric of text is comparable only where nobody touched its references; symbols are normalised for the model."""
    quiet = Reverser()
    quiet.metadata |= {"target_lowercase": True}
    found = evaluate(quiet, [Pair("x ab", "AB X")], [ser, cer()], registry)
    assert found.scores == {"ser": 0, "cer": 75}


def test_nothing_to_compare_is_refused(registry):
    with pytest.raises(DataError, match="no pair to compare, 1 empty; give at least one"):
        evaluate(Reverser(), [Pair("", "a")], [ser], registry)


def test_a_translator_that_names_no_tokenizer_is_refused(registry):
    with pytest.raises(UnsupportedError, match="does not say how its target is tokenized"):
        evaluate(lambda texts: [], [Pair("a", "a")], [ser], registry)


def test_references_are_normalised_as_the_file_says(registry):
    shouting, quiet = Reverser(), Reverser()
    quiet.metadata |= {"target_normalization": "nfc", "target_lowercase": True}
    pairs = [Pair("x é", "E\u0301 X")]
    assert evaluate(quiet, pairs, [ser], registry).scores == {"ser": 0}
    assert evaluate(shouting, pairs, [ser], registry).scores == {"ser": 100}


def test_a_file_that_normalises_in_an_unknown_way_is_refused(registry):
    newer = Reverser()
    newer.metadata |= {"source_normalization": "nfx"}
    with pytest.raises(UnsupportedError, match="splits its source in a way unknown to this version: 'source"):
        evaluate(newer, [Pair("a", "a")], [ser], registry)


def test_a_run_brings_its_own_tokenizers(registry, tiny_run):
    translator = open_translator(tiny_run, registry, framework="numpy")
    found = evaluate(translator, [Pair("12 ab", "x12"), Pair(" ", "x")], [ser], registry)
    assert (found.pairs, found.skipped) == (2, 0)  # to its tokenizer, a space is a symbol


def test_a_target_that_was_cut_off_has_no_end():
    assert target_symbols(translation_of(["a", "b"])) == ("a", "b")
    assert target_symbols(translation_of(["a", "b"], end=())) == ("a", "b")
    assert target_symbols(translation_of([])) == ()


def test_the_watch_is_told_what_is_done(registry):
    told = []
    evaluate(Reverser(), [Pair("a", "a")] * (CHUNK + 3), [ser], registry, watch=lambda *counts: told.append(counts))
    assert told == [(CHUNK, CHUNK + 3), (CHUNK + 3, CHUNK + 3)]

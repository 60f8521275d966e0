import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s2s_toolkit.errors import S2SError
from s2s_toolkit.metrics import bleu, exact_match, ser, wer

METRICS = [exact_match, wer, ser]
SYMBOLS = st.lists(st.sampled_from(["a", "b", "tʃ", "ɑ̃", "<unk>"]), min_size=1, max_size=7)
ENTRIES = st.lists(st.tuples(SYMBOLS, SYMBOLS), min_size=1, max_size=5)


def distance(hypothesis, reference):
    """Levenshtein's distance from its definition, row after row."""
    row = list(range(len(reference) + 1))
    for count, symbol in enumerate(hypothesis, start=1):
        new = [count]
        for position, wanted in enumerate(reference):
            new.append(min(row[position] + (symbol != wanted), row[position + 1] + 1, new[position] + 1))
        row = new
    return row[-1]


def test_metrics_by_hand():
    references = [["k", "æ", "t"], ["d", "ɒ", "g", "z"], ["aɪ"], ["b", "i"]]
    hypotheses = [["k", "æ", "t"], ["d", "ɒ", "g"], ["a", "ɪ"], []]  # distances 0, 1, 2, 2
    assert exact_match(hypotheses, references) == 25
    assert wer(hypotheses, references) == 75
    assert ser(hypotheses, references) == 50


def test_symbols_are_compared_whole():
    assert ser([["tʃ", "i"]], [["t", "ʃ", "i"]]) == pytest.approx(200 / 3)


def test_the_symbol_error_rate_weighs_references_by_length():
    assert ser([["x"], ["b"] * 9], [["a"], ["b"] * 9]) == 10


def test_the_symbol_error_rate_may_exceed_a_hundred():
    assert ser([["a", "b", "c"]], [["x"]]) == 300


@given(ENTRIES)
def test_metrics_are_what_they_are_defined_to_be(entries):
    hypotheses, references = zip(*entries, strict=True)
    distances = [distance(hypothesis, reference) for hypothesis, reference in entries]
    assert ser(hypotheses, references) == pytest.approx(100 * sum(distances) / sum(map(len, references)))
    assert wer(hypotheses, references) == pytest.approx(100 * sum(map(bool, distances)) / len(entries))
    assert wer(hypotheses, references) == pytest.approx(100 - exact_match(hypotheses, references))


@given(st.lists(SYMBOLS, min_size=1))
def test_references_are_perfect_hypotheses(references):
    assert (exact_match(references, references), wer(references, references), ser(references, references)) == (
        100,
        0,
        0,
    )


def test_bleu_by_hand():
    """All n-grams of the first are right, and it is a fifth too short; one that shares no symbol has none."""
    reference = ["a", "b", "c", "d", "e"]
    assert bleu([reference[:4]], [reference]) == pytest.approx(100 * math.exp(1 - 5 / 4))
    assert bleu([reference], [reference]) == pytest.approx(100)
    assert bleu([["x", "y", "z", "v", "w"]], [reference]) == 0


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_the_better_hypotheses_are_preferred(metric):
    better, worse = metric([["a"], ["x"]], [["a"], ["b"]]), metric([["y"], ["x"]], [["a"], ["b"]])
    assert (better > worse) == metric.higher_is_better
    assert metric.unit == "%"


def test_a_rate_per_reference_symbol_needs_one():
    with pytest.raises(S2SError, match="every reference is empty"):
        ser([["a"]], [[]])
    assert exact_match([[]], [[]]) == 100

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s2s_toolkit.corpus import Pair
from s2s_toolkit.metrics import exact_match, ser
from s2s_toolkit.report.entries import Entry
from s2s_toolkit.report.scoring import ROWS, score, score_lengths
from s2s_toolkit.translation import Translation


def entry(reference, hypothesis, losses=None):
    translation = Translation(hypothesis, 0.0, (*hypothesis, "</s>"), ("a", "</s>"))
    return Entry(
        1, Pair("a", reference), tuple(reference), translation, np.array(losses or [1.0] * (len(reference) + 1))
    )


def test_scores_are_the_metrics_and_the_loss_of_all_symbols(registry):
    entries = [entry("ab", "ab", [0.0, 1.0, 2.0]), entry("abcde", "abcdx", [1.0] * 5 + [4.0])]
    match, errors, loss = score(entries, [exact_match, ser], registry)
    assert (match.value, match.unit) == (50, "%")
    assert errors.value == pytest.approx(100 / 7)
    assert (loss.name, loss.value) == ("loss", pytest.approx(12 / 9))
    assert errors.note == registry.find_offer("metric", "ser").component.summary


def test_scores_by_length_are_those_of_their_pairs():
    entries = [entry("a", "a"), entry("abcdefg", "abcdefx", [2.0] * 8)]
    short, long = score_lengths(entries)
    assert (short.shortest, short.longest, short.exact_match, short.ser, short.loss) == (1, 1, 100, 0, 1)
    assert (long.shortest, long.longest, long.exact_match, long.loss) == (2, 7, 0, 2)
    assert long.ser == pytest.approx(100 / 7)


@given(st.lists(st.integers(1, 40), min_size=1, max_size=60))
def test_every_pair_is_in_one_range(lengths):
    rows = score_lengths([entry("a" * length, "a") for length in lengths])
    assert sum(row.pairs for row in rows) == len(lengths)
    assert len(rows) <= ROWS
    assert all(before.longest + 1 == after.shortest for before, after in pairwise(rows))
    assert (rows[0].shortest, rows[-1].longest) == (min(lengths), max(lengths))

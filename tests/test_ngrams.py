"""Which symbols would repeat an n-gram, without a model."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from s2s_toolkit.arrays import NumpyNamespace
from s2s_toolkit.strategies.contract import NEVER, Advance
from s2s_toolkit.strategies.ngrams import NgramBlocking
from s2s_toolkit.symbols import EOS, PAD, UNK

XP = NumpyNamespace()
SOURCE = np.array([[5, EOS]])


def start(ngrams, *, max_length, rows):
    return ngrams.start(XP, SOURCE, {"max_length": np.int64(max_length)}, rows=rows)


@given(history=st.lists(st.integers(4, 6), max_size=9), size=st.integers(1, 12), max_length=st.integers(9, 11))
@settings(max_examples=200, deadline=None)
def test_blocked_are_the_symbols_that_would_complete_a_known_ngram(history, size, max_length):
    ngrams = NgramBlocking(size)
    known = start(ngrams, max_length=max_length, rows=1)
    for symbol in history:
        known = ngrams.remember(XP, known, Advance(np.array([[symbol]]), np.array([[0]]), {}))
    free = np.zeros((1, 1, 8), np.float32)
    blocked = ngrams.block(XP, free, known)[0, 0] == NEVER
    before = {tuple(history[start : start + size]) for start in range(len(history) - size + 1)}
    expected = [tuple([*history, symbol][-size:]) in before for symbol in range(UNK, 8)]
    assert blocked[UNK:].tolist() == expected
    assert not free.any(), "block changed what it was given"


def test_history_follows_the_parents():
    """Rows 0 and 1 change places: each symbol is blocked in the row that has its target now."""
    ngrams = NgramBlocking(1)
    known = start(ngrams, max_length=4, rows=2)
    known = ngrams.remember(XP, known, Advance(np.array([[4, 5]]), np.array([[0, 0]]), {}))
    known = ngrams.remember(XP, known, Advance(np.array([[6, EOS]]), np.array([[1, 0]]), {}))
    blocked = ngrams.block(XP, np.zeros((1, 2, 8), np.float32), known) == NEVER
    assert [np.flatnonzero(row).tolist() for row in blocked[0]] == [[PAD, 5, 6], [PAD, 4]]

"""Flat arrays hold examples as lists would, and epochs are what they were when lists held them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s2s_toolkit.batches import WINDOW, batches, make_batch
from s2s_toolkit.examples import CHUNK, Examples, Rows
from s2s_toolkit.mixture import Mixture

SEQUENCES = st.lists(st.lists(st.integers(0, 2**31 - 1), max_size=7), max_size=11)


def content(rows, positions=None):
    """Rows as lists."""
    positions = np.arange(len(rows)) if positions is None else np.asarray(positions, np.int64)
    numbers, filled = rows.gather(positions)
    ends = np.cumsum(filled.sum(axis=1))
    return [part.tolist() for part in np.split(numbers, ends)[:-1]]


@given(SEQUENCES)
def test_rows_come_back_as_they_were(sequences):
    rows = Rows.of(sequences)
    assert content(rows) == sequences
    assert rows.lengths(np.arange(len(rows))).tolist() == [len(sequence) for sequence in sequences]


@given(SEQUENCES.filter(len), st.data())
def test_rows_may_be_asked_for_in_any_order_and_twice(sequences, data):
    positions = data.draw(st.lists(st.integers(0, len(sequences) - 1)))
    assert content(Rows.of(sequences), positions) == [sequences[position] for position in positions]


def test_rows_of_several_chunks_come_back_as_they_were():
    lengths = np.random.default_rng(3).integers(0, 4, 2 * CHUNK + 5)
    sequences = [[number] * length for number, length in enumerate(lengths.tolist())]
    rows = Rows.of(sequences)
    assert len(rows.values_at) == 3
    places = [0, CHUNK - 1, CHUNK, 2 * CHUNK - 1, 2 * CHUNK, 2 * CHUNK + 4, 1]
    assert content(rows, places) == [sequences[place] for place in places]
    assert content(rows) == sequences


def test_a_table_says_what_numbers_stand_for():
    rows = Rows.of([[2, 0], [], [1]]).mapped(np.array([7, 5, 11], np.int32))
    assert content(rows) == [[11, 7], [], [5]]


def epoch_by_lists(examples, *, batch_size, seed, epoch):
    """An epoch, written down plainly: shuffled, sorted within windows, cut, and the batches shuffled."""
    rng = np.random.default_rng([seed, epoch])
    order = rng.permutation(len(examples)).tolist()
    found = []
    for start in range(0, len(order), batch_size * WINDOW):
        window = sorted(
            order[start : start + batch_size * WINDOW], key=lambda n: (len(examples[n][1]), len(examples[n][0]))
        )
        found += [window[first : first + batch_size] for first in range(0, len(window), batch_size)]
    return [make_batch([examples[n] for n in found[number]]) for number in rng.permutation(len(found))]


@pytest.mark.parametrize(("seed", "epoch"), [(1, 0), (5, 3)])
def test_an_epoch_has_the_batches_that_the_definition_says(seed, epoch):
    lengths = np.random.default_rng(1).integers(0, 7, (3 * WINDOW * 3 + 5, 2)).tolist()
    pairs = [([number + 4] * source, [number + 4] * target) for number, (source, target) in enumerate(lengths)]
    how = {"batch_size": 3, "seed": seed, "epoch": epoch}
    found, expected = list(batches(Examples.of(pairs), **how)), epoch_by_lists(pairs, **how)
    for batch, other in zip(found, expected, strict=True):
        for name, array in vars(batch).items():
            np.testing.assert_array_equal(array, getattr(other, name), err_msg=name)


def drawn(sizes, weights, *, seed=1, epoch=0):
    return Mixture(sizes, weights).draw(np.random.default_rng([seed, epoch]))


def test_without_weights_every_pair_is_drawn_once():
    assert sorted(drawn((3, 5), ())) == list(range(8))
    np.testing.assert_array_equal(drawn((3, 5), ()), np.random.default_rng([1, 0]).permutation(8))


def test_weights_say_how_often_pairs_are_drawn():
    counts = np.bincount(drawn((4, 8, 5), (2.5, 0.25, 1.0)), minlength=17)
    assert sorted(counts[:4]) == [2, 2, 3, 3]
    assert sorted(counts[4:12]) == [0] * 6 + [1] * 2
    assert counts[12:].tolist() == [1] * 5


@given(
    st.lists(st.tuples(st.integers(1, 20), st.floats(0.01, 4)), min_size=1, max_size=4),
    st.integers(0, 5),
    st.integers(0, 5),
)
def test_every_epoch_has_as_many_pairs_whatever_is_drawn(corpora, seed, epoch):
    sizes, weights = zip(*corpora, strict=True)
    found = drawn(sizes, weights, seed=seed, epoch=epoch)
    assert len(found) == Mixture(sizes, weights).num_drawn
    np.testing.assert_array_equal(found, drawn(sizes, weights, seed=seed, epoch=epoch))
    counts = np.split(np.bincount(found, minlength=sum(sizes)), np.cumsum(sizes)[:-1])
    for count, weight in zip(counts, weights, strict=True):
        assert set(count.tolist()) <= {int(weight), int(weight) + 1}


def test_all_of_a_corpus_is_drawn_in_time_at_a_small_weight():
    seen = {number for epoch in range(40) for number in drawn((11,), (0.3,), epoch=epoch).tolist()}
    assert seen == set(range(11))


def test_a_tiny_weight_still_draws_a_pair():
    assert len(drawn((3, 3), (0.001, 1.0))) == 4

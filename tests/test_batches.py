from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s2s_toolkit.batches import WINDOW, batches, length_groups, make_batch, ordered_batches, source_arrays
from s2s_toolkit.examples import Examples
from s2s_toolkit.symbols import BOS, EOS, PAD

IDS = st.lists(st.integers(4, 30), max_size=11)
EXAMPLES = st.lists(st.tuples(IDS, IDS), max_size=40)


def random_examples(count, seed=1):
    """Every example is another one: its source begins with its number."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, 30, (count, 2))
    return Examples.of(
        [([number + 4, *[5] * source], [6] * target) for number, (source, target) in enumerate(lengths.tolist())]
    )


def examples_of(batch):
    """The examples that a batch was made of."""
    sources = [row[: length - 1].tolist() for row, length in zip(batch.source_ids, batch.source_lengths, strict=True)]
    targets = [row[mask][:-1].tolist() for row, mask in zip(batch.target_out, batch.target_mask, strict=True)]
    return list(zip(sources, targets, strict=True))


def as_bytes(sequence):
    return [array.tobytes() for batch in sequence for array in vars(batch).values()]


def test_a_batch_by_hand():
    batch = make_batch([([7, 8], [9]), ([], [5, 6, 7])])
    np.testing.assert_array_equal(batch.source_ids, [[7, 8, EOS], [EOS, PAD, PAD]])
    np.testing.assert_array_equal(batch.source_lengths, [3, 1])
    np.testing.assert_array_equal(batch.target_in, [[BOS, 9, PAD, PAD], [BOS, 5, 6, 7]])
    np.testing.assert_array_equal(batch.target_out, [[9, EOS, PAD, PAD], [5, 6, 7, EOS]])
    np.testing.assert_array_equal(batch.target_mask, [[True, True, False, False], [True] * 4])
    assert batch.num_target_tokens == 6


def test_batches_hold_64_bit_integers_and_a_mask():
    batch = make_batch([([7], [])])
    assert [array.dtype for array in vars(batch).values()] == [np.int64] * 4 + [np.bool_]


def test_source_arrays_of_no_source():
    ids, lengths = source_arrays([])
    assert (ids.shape, lengths.shape) == ((0, 0), (0,))


@given(EXAMPLES.filter(len))
def test_a_batch_holds_its_examples_and_padding(examples):
    batch = make_batch(examples)
    assert examples_of(batch) == examples
    assert batch.source_ids.shape == (len(examples), 1 + max(len(source) for source, _ in examples))
    assert batch.target_in.shape == (len(examples), 1 + max(len(target) for _, target in examples))
    assert batch.num_target_tokens == sum(len(target) + 1 for _, target in examples)
    np.testing.assert_array_equal(batch.target_mask, batch.target_out != PAD)
    np.testing.assert_array_equal(batch.target_mask, batch.target_in != PAD)
    np.testing.assert_array_equal(batch.source_lengths, (batch.source_ids != PAD).sum(axis=1))


@given(EXAMPLES, st.integers(1, 7), st.integers(0, 3), st.integers(0, 3))
def test_an_epoch_has_every_example_once(examples, batch_size, seed, epoch):
    found = list(batches(Examples.of(examples), batch_size=batch_size, seed=seed, epoch=epoch))
    count = Counter((tuple(s), tuple(t)) for batch in found for s, t in examples_of(batch))
    assert count == Counter((tuple(s), tuple(t)) for s, t in examples)
    sizes = sorted(len(batch.source_ids) for batch in found)
    assert len(sizes) == -(-len(examples) // batch_size)
    assert all(size == batch_size for size in sizes[1:])


def test_batches_depend_on_the_seed_and_the_epoch_alone():
    examples = random_examples(100)
    first, again, other_seed, other_epoch = (
        as_bytes(batches(examples, batch_size=7, seed=seed, epoch=epoch))
        for seed, epoch in [(3, 5), (3, 5), (5, 5), (3, 3)]
    )
    assert first == again
    assert len({tuple(first), tuple(other_seed), tuple(other_epoch)}) == 3


def test_the_seed_and_the_epoch_do_not_add_up():
    examples = random_examples(50)
    one, other = (as_bytes(batches(examples, batch_size=7, seed=s, epoch=e)) for s, e in [(1, 2), (2, 1)])
    assert one != other


def test_bucketing_leaves_little_padding():
    examples = random_examples(5000)
    found = list(batches(examples, batch_size=32, seed=1, epoch=0))
    padding = 1 - sum(batch.num_target_tokens for batch in found) / sum(batch.target_mask.size for batch in found)
    assert padding < 0.05


def test_batches_come_in_no_order_of_length():
    widths = [
        batch.target_in.shape[1] for batch in batches(random_examples(WINDOW * 10), batch_size=10, seed=1, epoch=0)
    ]
    assert abs(np.corrcoef(widths, np.arange(len(widths)))[0, 1]) < 0.5


def test_windows_mix_the_corpus_differently_each_epoch():
    examples = random_examples(2 * WINDOW * 3)
    groups = [
        {frozenset(batch.source_ids[:, 0].tolist()) for batch in batches(examples, batch_size=3, seed=1, epoch=epoch)}
        for epoch in (0, 1)
    ]
    assert len(groups[0] & groups[1]) < len(groups[0]) / 2


@given(EXAMPLES, st.integers(1, 7))
def test_ordered_batches_can_be_put_back_in_order(examples, batch_size):
    restored = [None] * len(examples)
    for batch, positions in ordered_batches(Examples.of(examples), batch_size=batch_size):
        assert len(positions) <= batch_size
        for position, example in zip(positions, examples_of(batch), strict=True):
            restored[position] = example
    assert restored == examples


def test_ordered_batches_are_sorted_by_target_then_source_length():
    lengths = [
        (length, len(source) + 1)
        for batch, _ in ordered_batches(random_examples(100), batch_size=7)
        for (source, _), length in zip(examples_of(batch), batch.target_mask.sum(axis=1), strict=True)
    ]
    assert lengths == sorted(lengths)


@pytest.mark.parametrize("count", [0, 1])
def test_tiny_corpora_make_tiny_epochs(count):
    examples = random_examples(count)
    assert len(list(batches(examples, batch_size=7, seed=1, epoch=0))) == count
    assert len(list(ordered_batches(examples, batch_size=7))) == count


@given(st.lists(st.integers(1, 40)), st.integers(1, 9), st.integers(1, 90))
def test_groups_hold_every_source_once_and_never_more_than_they_may(lengths, batch_size, max_symbols):
    groups = list(length_groups(lengths, batch_size=batch_size, max_symbols=max_symbols))
    assert sorted(position for group in groups for position in group) == list(range(len(lengths)))
    for group in groups:
        assert 1 <= len(group) <= batch_size
        assert len(group) == 1 or len(group) * max(lengths[position] for position in group) <= max_symbols


def test_a_long_source_takes_no_others_with_it():
    assert list(length_groups([3, 50_000, 2, 3], batch_size=32)) == [[2, 0, 3], [1]]

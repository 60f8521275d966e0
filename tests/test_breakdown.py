import itertools

from hypothesis import given
from hypothesis import strategies as st

from s2s_toolkit.metrics import ser
from s2s_toolkit.metrics.breakdown import Confusion, SymbolErrors, by_length, by_symbol
from s2s_toolkit.metrics.edits import closest

LENGTHS = st.lists(st.lists(st.integers(1, 30), min_size=1, max_size=3), min_size=1, max_size=40)
ENTRIES = st.lists(
    st.tuples(st.text("abc", max_size=6), st.lists(st.text("abc", min_size=1, max_size=6), min_size=1, max_size=3)),
    min_size=1,
    max_size=7,
)


def test_errors_of_symbols_by_hand():
    """`b` for `p` twice, `t` left out, `s` too many; of two references the closer one is looked at."""
    hypotheses, references = ["bat", "ba", "cats"], [["pat"], ["pat"], ["dog", "cat"]]
    found = by_symbol(hypotheses, references)
    assert found.symbols == [
        SymbolErrors("p", 2, substituted=2, deleted=0, inserted=0),
        SymbolErrors("s", 0, substituted=0, deleted=0, inserted=1),
        SymbolErrors("t", 3, substituted=0, deleted=1, inserted=0),
        SymbolErrors("a", 3, substituted=0, deleted=0, inserted=0),
        SymbolErrors("c", 1, substituted=0, deleted=0, inserted=0),
    ]
    assert found.confusions == [Confusion("p", "b", 2), Confusion("", "s", 1), Confusion("t", "", 1)]


@given(ENTRIES)
def test_errors_of_symbols_add_up_to_the_symbol_error_rate(entries):
    hypotheses, references = zip(*entries, strict=True)
    found = by_symbol(hypotheses, references)
    errors, symbols = sum(each.errors for each in found.symbols), sum(each.references for each in found.symbols)
    assert 100 * errors / symbols == ser(hypotheses, references)
    assert errors == sum(each.times for each in found.confusions) == sum(closest(*entry)[0] for entry in entries)


@given(LENGTHS)
def test_buckets_hold_every_entry_once_and_never_part_a_length(lengths):
    references = [["x" * length for length in each] for each in lengths]
    buckets = by_length(references)
    assert sorted(number for _, _, entries in buckets for number in entries) == list(range(len(lengths)))
    assert len(buckets) <= 8
    ends = [(least, greatest) for least, greatest, _ in buckets]
    assert all(one[1] < other[0] for one, other in itertools.pairwise(ends))
    for least, greatest, entries in buckets:
        assert {least, greatest} <= {max(lengths[number]) for number in entries}
        assert all(least <= max(lengths[number]) <= greatest for number in entries)


def test_buckets_are_of_equal_size_where_they_can_be():
    references = [["x" * length] for length in range(1, 17)]
    assert [len(entries) for _, _, entries in by_length(references)] == [2] * 8

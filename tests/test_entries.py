from pathlib import Path

import pytest

from s2s_toolkit.commands.scoring import BY_SYMBOL, BY_TEXT, usual_metrics
from s2s_toolkit.corpus import Pair, read_pairs
from s2s_toolkit.entries import read_entries
from s2s_toolkit.errors import DataError
from s2s_toolkit.subwords import Bpe
from s2s_toolkit.text import TextSide
from s2s_toolkit.tokenizers import Characters, Words

CMUDICT = Path(__file__).parents[2] / "shared/data/cmudict-g2p/test.tsv"
SIDES = TextSide(Characters()), TextSide(Words())


def texts(entries):
    return [[reference.text for reference in entry.references] for entry in entries.entries]


def test_every_pair_is_an_entry_unless_they_are_grouped():
    pairs = [Pair("b", "x"), Pair("a", "y z"), Pair("b", "z"), Pair("b", "")]
    apart, grouped = read_entries(pairs, *SIDES), read_entries(pairs, *SIDES, group_sources=True)
    assert texts(apart) == [["x"], ["y z"], ["z"]]
    assert texts(grouped) == [["x", "z"], ["y z"]]
    assert (apart.skipped, apart.num_repeated, grouped.skipped, grouped.num_repeated) == (1, 1, 1, 0)
    assert grouped.lines == [[0, 2], [1]]
    assert grouped.entries[1].references[0].symbols == ["y", "z"]


def test_further_references_go_with_their_pair():
    pairs = [Pair("b", "x"), Pair("a", "y"), Pair("b", "z")]
    further = [["1", " ", "3"], ["", "5", "6"]]
    assert texts(read_entries(pairs, *SIDES, further=further)) == [["x", "1"], ["y", "5"], ["z", "3", "6"]]
    assert texts(read_entries(pairs, *SIDES, further=further, group_sources=True))[0] == ["x", "1", "z", "3", "6"]


def test_a_further_file_with_other_lines_is_refused():
    with pytest.raises(DataError, match="file 2 of references has 2 lines for 1 pairs"):
        read_entries([Pair("a", "b")], *SIDES, further=[["c"], ["d", "e"]])


def test_pieces_of_words_are_scored_as_text():
    assert usual_metrics(TextSide(Bpe())) == BY_TEXT
    assert [usual_metrics(side) for side in SIDES] == [BY_SYMBOL, BY_SYMBOL]


@pytest.mark.skipif(not CMUDICT.is_file(), reason="the CMUdict test pairs are not here")
def test_words_of_cmudict_have_all_their_pronunciations():
    entries = read_entries(read_pairs(CMUDICT), *SIDES, group_sources=True)
    assert (len(entries.entries), entries.num_references, entries.skipped) == (12_000, 12_753, 0)

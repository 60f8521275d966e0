import dataclasses
import json
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s2s_toolkit.errors import RunError, S2SError
from s2s_toolkit.symbols import BOS, EOS, PAD, SPECIAL, UNK
from s2s_toolkit.vocabulary import Vocabulary

SEQUENCES = st.lists(st.lists(st.one_of(st.text(max_size=2), st.sampled_from(SPECIAL)), max_size=7), max_size=5)


def test_the_special_symbols_come_first():
    vocabulary = Vocabulary(["a", "b", "c"])
    assert vocabulary.symbols == ("<pad>", "<unk>", "<s>", "</s>", "a", "b", "c")
    assert len(vocabulary) == 7
    assert vocabulary.encode(["c", "a"]) == [6, 4]


def test_unknown_symbols_become_unk():
    assert Vocabulary(["a"]).encode(["a", "b", ""]) == [4, UNK, UNK]


def test_a_text_cannot_name_a_special_symbol():
    vocabulary = Vocabulary.build([[*SPECIAL, "a"], [*SPECIAL]])
    assert vocabulary.symbols == (*SPECIAL, "a")
    assert vocabulary.encode(SPECIAL) == [UNK] * 4


def test_decoding_drops_padding_and_both_ends_but_stops_nowhere():
    assert Vocabulary(["a", "b"]).decode(np.array([BOS, 4, EOS, 5, UNK, PAD, 4])) == ["a", "b", "<unk>", "a"]


@pytest.mark.parametrize("symbols", [["a", "b", "a"], ["a", "<s>"]])
def test_a_symbol_has_one_id(symbols):
    with pytest.raises(S2SError, match=f"symbol '{symbols[-1]}' stands twice"):
        Vocabulary(symbols)


def test_a_vocabulary_does_not_change():
    vocabulary = Vocabulary(["a"])
    with pytest.raises(dataclasses.FrozenInstanceError):
        vocabulary.symbols = ()  # type: ignore[misc]


def test_equal_vocabularies_have_equal_symbols():
    assert Vocabulary(["a", "b"]) == Vocabulary("ab")
    assert Vocabulary(["a", "b"]) != Vocabulary(["b", "a"])
    assert len({Vocabulary("ab"), Vocabulary("ab"), Vocabulary("ba")}) == 2


def test_frequent_symbols_come_first_and_equally_frequent_ones_by_code_point():
    assert Vocabulary.build(["zzz", "éab", "éba", "\U0001f600"]).symbols[4:] == ("z", "a", "b", "é", "\U0001f600")


def test_rare_symbols_are_left_out():
    assert Vocabulary.build(["aabbbc"], min_frequency=2).symbols[4:] == ("b", "a")


def test_the_greatest_size_does_not_count_the_special_symbols():
    assert Vocabulary.build(["aaabbc", ["<pad>"] * 9], max_size=2).symbols[4:] == ("a", "b")


@given(SEQUENCES, st.integers(1, 3), st.integers(0, 5), st.randoms())
def test_building_admits_what_is_frequent_enough_in_any_order_of_the_texts(sequences, min_frequency, max_size, random):
    vocabulary = Vocabulary.build(sequences, min_frequency=min_frequency, max_size=max_size)
    counts = Counter(symbol for sequence in sequences for symbol in sequence)
    frequencies = [counts[symbol] for symbol in vocabulary.symbols[4:]]
    frequent = {symbol for symbol in counts if counts[symbol] >= min_frequency} - set(SPECIAL)
    assert frequencies == sorted(frequencies, reverse=True)
    assert set(vocabulary.symbols[4:]) <= frequent
    assert len(vocabulary) - 4 == (min(len(frequent), max_size) if max_size else len(frequent))
    random.shuffle(sequences)
    assert Vocabulary.build(sequences, min_frequency=min_frequency, max_size=max_size) == vocabulary


@given(SEQUENCES)
def test_known_symbols_come_back(sequences):
    vocabulary = Vocabulary.build(sequences)
    for sequence in sequences:
        ids = vocabulary.encode(sequence)
        assert len(ids) == len(sequence)
        assert vocabulary.decode(ids) == [symbol if symbol not in SPECIAL else "<unk>" for symbol in sequence]


@given(SEQUENCES)
def test_a_saved_vocabulary_comes_back(tmp_path_factory, sequences):
    path = tmp_path_factory.mktemp("vocabulary") / "source.json"
    vocabulary = Vocabulary.build(sequences)
    vocabulary.save(path)
    assert Vocabulary.load(path) == vocabulary


def test_any_code_point_survives_the_file(tmp_path):
    symbols = ["\n", "\r", "\x00", "\x85", "\u2028", "\ufeff", '"', "\\", "\U0010ffff", "ɑ̃", ""]
    Vocabulary(symbols).save(tmp_path / "source.json")
    assert Vocabulary.load(tmp_path / "source.json").symbols[4:] == tuple(symbols)


def test_the_file_is_utf8_json_without_the_special_symbols(tmp_path):
    Vocabulary(["가", "b"]).save(tmp_path / "source.json")
    text = (tmp_path / "source.json").read_text(encoding="utf-8")
    assert json.loads(text) == {"format": 1, "symbols": ["가", "b"]}
    assert "가" in text
    assert [path.name for path in tmp_path.iterdir()] == ["source.json"]


MALFORMED = {
    "empty": b"",
    "not UTF-8": b'{"format": 1, "symbols": ["\xff"]}',
    "not JSON": b"a\nb\n",
    "nested deeply": b"[" * 100_000,
    "a list": b'["a", "b"]',
    "a number": b"1",
    "no format": b'{"symbols": ["a"]}',
    "a later format": b'{"format": 2, "symbols": ["a"]}',
    "no symbols": b'{"format": 1}',
    "one text": b'{"format": 1, "symbols": "ab"}',
    "numbers": b'{"format": 1, "symbols": [1, 2]}',
    "duplicated": b'{"format": 1, "symbols": ["a", "b", "a"]}',
    "special": b'{"format": 1, "symbols": ["<pad>", "a"]}',
}


@pytest.mark.parametrize("content", MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_file_is_refused_in_one_line_that_names_it(tmp_path, content):
    path = tmp_path / "source.json"
    path.write_bytes(content)
    with pytest.raises(RunError) as caught:
        Vocabulary.load(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_every_truncation_is_noticed(tmp_path):
    path = tmp_path / "source.json"
    Vocabulary(["a", "é", "\n"]).save(path)
    content = path.read_bytes().rstrip()
    for length in range(len(content)):
        path.write_bytes(content[:length])
        with pytest.raises(RunError, match=str(path)):
            Vocabulary.load(path)


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    for path, reason in ((tmp_path / "missing.json", "No such file"), (tmp_path, "Is a directory")):
        with pytest.raises(RunError, match=f"can't read vocabulary {path}: {reason}"):
            Vocabulary.load(path)

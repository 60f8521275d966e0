"""The graph normalises, splits, looks up and joins text as a side does in Python."""

from collections.abc import Sequence
from itertools import chain

import numpy as np
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s2s_onnx.text import prefix_graph, reading_graph, writing_graph
from s2s_toolkit.batches import source_arrays
from s2s_toolkit.normalization import Normalization
from s2s_toolkit.subwords import Bpe, UnigramTokenizer
from s2s_toolkit.symbols import EOS, PAD, SPECIAL, UNK
from s2s_toolkit.text import TextSide
from s2s_toolkit.tokenizers import WHITESPACE, Characters, Separator, Tagged, Words
from s2s_toolkit.vocabulary import Vocabulary

SYMBOLS = ["a", "b", "é", "ﬁ", "한", "👍", "\u0301", "ab", "<", "s>", "für", "\x00", ".*", "\\", "  b"]
MERGES = {"merges": [["a", "b"], ["\u2581", "ab"], ["é", "é"], ["\u2581", "f"], ["s", ">"]]}
PIECES = {"pieces": [["\u2581a", -1.5], ["ab", -1.5], ["\u2581", -0.5], ["a", -2.0], ["b", -0.5], ["e\u0301", -2.5]]}
SUBWORDS = ["\u2581", "\u2581ab", "\u2581a", "\u2581f", "b", "s>", "é", "e\u0301", "ab", "\x00", "u\u2581r"]
SIDES = {
    "characters": TextSide(Characters(), Vocabulary([*SYMBOLS, " ", "\n", "\u3000"])),
    "words": TextSide(Words(), Vocabulary(SYMBOLS)),
    "separator": TextSide(Separator(), Vocabulary([*SYMBOLS, "\n", "a\tb"])),
    "nothing but special symbols": TextSide(Words(), Vocabulary([])),
    "lower-cased characters": TextSide(Characters(), Vocabulary(SYMBOLS[:7]), Normalization(lowercase=True)),
    "composed words": TextSide(Words(), Vocabulary(SYMBOLS), Normalization("nfc", lowercase=True)),
    "tagged": TextSide(Tagged(), Vocabulary(["a", "b", "\t", "\ta", "\tV", ";", "é"])),
    "composed tagged": TextSide(Tagged(), Vocabulary(["a", "é", "\tü"]), Normalization("nfc", lowercase=True)),
    "merged pieces": TextSide(Bpe().restored(MERGES), Vocabulary(SUBWORDS), Normalization("nfc", lowercase=True)),
    "probable pieces": TextSide(UnigramTokenizer().restored(PIECES), Vocabulary(SUBWORDS), Normalization("nfd")),
    "decomposed separator": TextSide(Separator(), Vocabulary(["e\u0301", "fi", *SYMBOLS]), Normalization("nfkd")),
}
AWKWARD = [
    ["", "a", "ab é  한"],
    [""],
    ["", "", ""],
    [" ", "\t\n", "\u3000\u2028"],
    [f"a{space}b" for space in WHITESPACE],
    ["<pad> a <unk> <s> </s>", "</s>", "<pad>"],
    ["a\x00b", "\x00", "a b\x00", "a \x00"],
    [".* a\\ (b) [a-z]+ ^$ | ?"],
    ["e\u0301 é", "👍👍🏽", "\U0010ffff", "\ufeffa", "\u200b"],
    ["E\u0301\u00a0É ﬁ", "FÜR\u3000a\u2003B", "fu\u0308r \u0308 İ"],
    ["a b " * 300, "b"],
    [" a  b ", "  b", "   "],
    ["a\ta;V", "\tV", "ab\t\t;V;;a\t"],
    ["a\tV", ""],
    ["\t", ";", "\t;"],
    ["ab", "a;V", "E\u0301\tu\u0308;\x00"],
    ["\u2581a\u2581\u2581b", "\u2581", "abab\u1112\u1161\u11ab ab"],
]


class Fields:
    """A plugin's tokenizer: what stands between NULs, spaces too."""

    separator = "\x00"
    separators = ("\x00",)

    def split(self, text: str) -> list[str]:
        return [symbol for symbol in text.split("\x00") if symbol]

    def join(self, symbols: Sequence[str]) -> str:
        return "\x00".join(symbols)


characters = st.one_of(st.sampled_from("ab é한👍<>/spd; \n\t\u3000\x00"), st.characters(exclude_categories=["Cs"]))
batches = st.lists(st.text(characters, max_size=12), min_size=1, max_size=5)


@pytest.fixture(scope="module", params=SIDES)
def side(request: pytest.FixtureRequest) -> TextSide:
    return SIDES[request.param]


@pytest.fixture(scope="module")
def reader(side: TextSide) -> onnxruntime.InferenceSession:
    return session(reading_graph(side))


@pytest.fixture(scope="module")
def prefix_reader(side: TextSide) -> onnxruntime.InferenceSession:
    return session(prefix_graph(side))


@pytest.fixture(scope="module")
def writer(side: TextSide) -> onnxruntime.InferenceSession:
    return session(writing_graph(side))


def session(model: object) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])


def assert_reads_alike(reader: onnxruntime.InferenceSession, side: TextSide, texts: list[str]) -> None:
    ids, lengths, symbols = reader.run(None, {"source": np.asarray(texts, dtype=object)})
    expected_ids, expected_lengths = source_arrays([side.encode(text) for text in texts])
    np.testing.assert_array_equal(ids, expected_ids)
    np.testing.assert_array_equal(lengths, expected_lengths)
    for row, text in enumerate(texts):
        expected = [*side.split(text), SPECIAL[EOS]]
        assert symbols[row].tolist() == expected + [""] * (ids.shape[1] - len(expected))


@pytest.mark.parametrize("texts", AWKWARD, ids=lambda texts: repr(texts[0][:9]))
def test_awkward_text_is_read_alike(reader: onnxruntime.InferenceSession, side: TextSide, texts: list[str]) -> None:
    assert_reads_alike(reader, side, texts)


@settings(max_examples=150, deadline=None)
@given(texts=batches)
def test_any_text_is_read_alike(reader: onnxruntime.InferenceSession, side: TextSide, texts: list[str]) -> None:
    assert_reads_alike(reader, side, texts)


def test_text_cannot_name_a_special_symbol(reader: onnxruntime.InferenceSession, side: TextSide) -> None:
    ids, _, _ = reader.run(None, {"source": np.asarray([" ".join(SPECIAL)], dtype=object)})
    assert set(ids[0, :-1].tolist()).isdisjoint({0, 2, 3})
    assert ids[0, -1] == EOS


def assert_prefixes_are_read_alike(
    prefix_reader: onnxruntime.InferenceSession, side: TextSide, texts: list[str]
) -> None:
    (ids,) = prefix_reader.run(None, {"prefix": np.asarray(texts, dtype=object)})
    expected = [side.encode(text) for text in texts]
    longest = max(map(len, expected))
    np.testing.assert_array_equal(ids, [row + [PAD] * (longest - len(row)) for row in expected])
    assert ids.shape == (len(texts), longest)
    assert ids.dtype == np.int64


@pytest.mark.parametrize("texts", AWKWARD, ids=lambda texts: repr(texts[0][:9]))
def test_awkward_prefixes_are_read_alike(
    prefix_reader: onnxruntime.InferenceSession, side: TextSide, texts: list[str]
) -> None:
    assert_prefixes_are_read_alike(prefix_reader, side, texts)


@settings(max_examples=60, deadline=None)
@given(texts=batches)
def test_any_prefixes_are_read_alike(
    prefix_reader: onnxruntime.InferenceSession, side: TextSide, texts: list[str]
) -> None:
    assert_prefixes_are_read_alike(prefix_reader, side, texts)


def test_no_prefix_has_no_column(prefix_reader: onnxruntime.InferenceSession) -> None:
    for rows in (1, 3):
        (ids,) = prefix_reader.run(None, {"prefix": np.full(rows, "", dtype=object)})
        assert ids.shape == (rows, 0)


def test_spaces_may_be_a_symbol_and_nul_a_separator() -> None:
    side = TextSide(Fields(), Vocabulary(["a", "  "]))
    assert_reads_alike(session(reading_graph(side)), side, ["a\x00  \x00a", "\x00\x00", "  "])
    assert_writes_alike(session(writing_graph(side)), side, [[[4, 5, 4]], [[]]])


def assert_writes_alike(writer: onnxruntime.InferenceSession, side: TextSide, targets: list[list[list[int]]]) -> None:
    """Targets of each result of each source, without EOS; those shorter than the array end with one."""
    steps = max(len(target) for row in targets for target in row) + 1
    lengths = np.array([[len(target) for target in row] for row in targets])
    ids = np.array([[target + [PAD] * (steps - len(target)) for target in row] for row in targets])
    text, symbols = writer.run(None, {"ids": ids, "lengths": lengths})
    assert text.tolist() == [[side.decode(target) for target in row] for row in targets]
    for target, found in zip(chain(*targets), symbols.reshape(-1, steps).tolist(), strict=True):
        expected = [*side.vocabulary.decode(target), SPECIAL[EOS]]
        assert found == expected + [""] * (steps - len(expected))


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_target_is_written_alike(writer: onnxruntime.InferenceSession, side: TextSide, data: st.DataObject) -> None:
    target = st.lists(st.sampled_from([UNK, *range(EOS + 1, len(side.vocabulary))]), max_size=6)
    count = data.draw(st.integers(1, 3))
    rows = st.lists(st.lists(target, min_size=count, max_size=count), min_size=1, max_size=3)
    assert_writes_alike(writer, side, data.draw(rows))


def test_target_that_was_cut_off_has_no_end(writer: onnxruntime.InferenceSession, side: TextSide) -> None:
    ids = np.full((1, 1, 3), UNK)
    text, symbols = writer.run(None, {"ids": ids, "lengths": np.array([[3]])})
    assert text[0, 0] == side.decode([UNK] * 3)
    assert symbols[0, 0].tolist() == [SPECIAL[UNK]] * 3

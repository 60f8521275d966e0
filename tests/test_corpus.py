import gzip
import sys
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s2s_toolkit.config_sections import DataConfig
from s2s_toolkit.corpus import Pair, load_corpus, read_pairs
from s2s_toolkit.errors import DataError, UnsupportedError
from s2s_toolkit.lines import read_lines
from s2s_toolkit.normalization import Normalization
from s2s_toolkit.text import TextSide
from s2s_toolkit.tokenizers import Characters, Words

FIELD = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\t\n\r\ufeff"))


def write(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def tsv(folder, content):
    return write(folder / "train.tsv", content)


def parallel(folder, sources, targets):
    return write(folder / "train.de", sources), write(folder / "train.en", targets)


def load(paths, source_length=100, target_length=100):
    source, target = TextSide(Characters()), TextSide(Words(), normalization=Normalization(lowercase=True))
    data = DataConfig(train=paths, dev=paths, max_source_length=source_length, max_target_length=target_length)
    return load_corpus(paths, source, target, data=data)


def test_a_tsv_line_is_a_pair(tmp_path):
    assert list(read_pairs(tsv(tmp_path, "abîme\ta b i m\nete\te t\n"))) == [Pair("abîme", "a b i m"), ("ete", "e t")]


def test_lines_of_two_files_are_pairs(tmp_path):
    pairs = list(read_pairs(parallel(tmp_path, "ein\tHund\nja\n", "a dog\nyes")))
    assert pairs == [("ein\tHund", "a dog"), ("ja", "yes")]
    assert pairs[1].source == "ja"


@pytest.mark.parametrize("content", ["a\tb\r\nc\td\r\n", "a\tb\nc\td", "\ufeffa\tb\nc\td\n"])
def test_line_ends_and_a_byte_order_mark_are_no_text(tmp_path, content):
    assert list(read_pairs(tsv(tmp_path, content))) == [("a", "b"), ("c", "d")]


def test_only_a_line_feed_ends_a_line(tmp_path):
    text = "a\u2028b\x85c\x0bd\x1ce\rf"
    assert list(read_pairs(tsv(tmp_path, f"{text}\t\ufeff{text}\r\r\n"))) == [(text, f"\ufeff{text}\r")]


def test_a_byte_order_mark_elsewhere_is_text(tmp_path):
    assert list(read_pairs(tsv(tmp_path, "a\tb\n\ufeffc\td\n")))[1].source == "\ufeffc"


@given(pairs=st.lists(st.tuples(FIELD, FIELD)))
def test_pairs_come_back_as_written(tmp_path_factory, pairs):
    path = tsv(tmp_path_factory.mktemp("corpus"), "".join(f"{source}\t{target}\n" for source, target in pairs))
    assert list(read_pairs(path)) == pairs


@pytest.mark.parametrize(
    ("line", "found"), [("a", "no tab"), ("", "an empty line"), ("a\tb\tc", "3 columns"), ("a b", "no tab")]
)
def test_a_line_that_is_no_pair_is_named(tmp_path, line, found):
    path = tsv(tmp_path, f"a\tb\n{line}\nc\td\n")
    with pytest.raises(DataError, match=f"^{path}, line 2: expected source<TAB>target, found {found}$"):
        list(read_pairs(path))


@pytest.mark.parametrize(("bad", "byte"), [(b"caf\xe9", "0xe9"), (b"\xed\xa0\x80", "0xed"), (b"\xf0\x9f\x98", "0xf0")])
def test_a_line_that_is_not_utf8_is_named(tmp_path, bad, byte):
    path = tsv(tmp_path, b"a\tb\na\t" + bad + b"\n")
    with pytest.raises(DataError, match=f"^{path}, line 2: expected UTF-8, found byte {byte}"):
        list(read_pairs(path))


@pytest.mark.parametrize(("sources", "targets"), [(3, 5), (5, 3), (0, 1), (3, 0), (3, 4)])
def test_files_of_different_lengths_are_refused_with_both_counts(tmp_path, sources, targets):
    paths = parallel(tmp_path, "a\n" * sources, "b\n" * targets)
    with pytest.raises(DataError, match=f"{paths[0]} has {sources} lines, {paths[1]} has {targets}"):
        list(read_pairs(paths))


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    present = write(tmp_path / "present", "a\n")
    for paths in (tmp_path / "missing", (present, tmp_path / "missing")):
        with pytest.raises(DataError, match=f"can't read {tmp_path / 'missing'}: No such file"):
            list(read_pairs(paths))
    with pytest.raises(DataError, match=f"can't read {tmp_path}: Is a directory"):
        list(read_pairs(tmp_path))


def test_a_corpus_holds_symbols_and_texts(tmp_path):
    corpus = load(tsv(tmp_path, "aB c\tx  Yz\n"))
    assert corpus.pairs == [(["a", "B", " ", "c"], ["x", "yz"])]
    assert corpus.texts == [("aB c", "x  Yz")]
    assert corpus.skipped == {"empty": 0, "too long": 0}


def test_skipped_pairs_are_counted(tmp_path):
    lines = ["abc\tx y", "\tx", "a\t", "a\t \u3000", "abcd\tx", "a\tx y z", "\t" + "x " * 9, " \tx"]
    corpus = load(tsv(tmp_path, "\n".join(lines)), source_length=3, target_length=2)
    assert corpus.texts == [("abc", "x y"), (" ", "x")]
    assert corpus.skipped == {"empty": 4, "too long": 2}


def test_an_empty_line_of_two_files_is_counted(tmp_path):
    assert load(parallel(tmp_path, "a\n\nb\n", "x\ny\nz\n")).skipped == {"empty": 1, "too long": 0}


def test_a_corpus_without_a_usable_pair_is_refused(tmp_path):
    path = tsv(tmp_path, "abcd\tx\n\tx\n")
    with pytest.raises(DataError, match=f"no usable pair in {path}: 1 empty, 1 too long .over 3 source"):
        load(path, source_length=3)
    with pytest.raises(DataError, match=r"no usable pair in .*train\.de and .*train\.en: 0 empty, 0 too long"):
        load(parallel(tmp_path, "", ""))


COLUMNS = "source", "target", "tags", "ignored"


@pytest.mark.parametrize("columns", list(permutations(COLUMNS)))
def test_columns_are_what_the_config_says(tmp_path, columns):
    rows = {"source": "walk", "target": "walked", "tags": "V;PST", "ignored": "7"}, dict.fromkeys(COLUMNS, "x")
    lines = ["\t".join(row[column] for column in columns) for row in rows]
    path = tsv(tmp_path, "\n".join(lines))
    assert list(read_pairs(path, columns)) == [("walk\tV;PST", "walked"), ("x\tx", "x")]


def test_without_tags_there_is_no_tab_and_tags_alone_are_no_source(tmp_path):
    path = tsv(tmp_path, "run\tran\t\n\tran\tV\n")
    assert list(read_pairs(path, COLUMNS[:3])) == [("run", "ran"), ("", "ran")]


@pytest.mark.parametrize(
    ("line", "found"), [("a\tb", "2 columns"), ("a\tb\tV;PST\t", "4 columns"), ("", "an empty line")]
)
def test_a_line_with_other_columns_is_named(tmp_path, line, found):
    path = tsv(tmp_path, f"a\tb\tV\n{line}\n")
    with pytest.raises(DataError, match=f"^{path}, line 2: expected source<TAB>target<TAB>tags, found {found}$"):
        list(read_pairs(path, COLUMNS[:3]))


def zst(content):
    return pytest.importorskip("pyarrow").compress(content, codec="zstd", asbytes=True)


PACKED = {".gz": gzip.compress, ".zst": zst}
CONTENT = "\ufeffabîme\ta b i m\r\nete\te t".encode()


@pytest.mark.parametrize("suffix", PACKED)
def test_packed_files_hold_the_same_pairs(tmp_path, suffix):
    expected = list(read_pairs(tsv(tmp_path, CONTENT)))
    assert list(read_pairs(write(tmp_path / f"train.tsv{suffix}", PACKED[suffix](CONTENT)))) == expected
    sources = write(tmp_path / f"train.src{suffix}", PACKED[suffix](b"a\nb"))
    assert list(read_pairs((sources, write(tmp_path / "train.tgt", b"x\ny\n")))) == [("a", "x"), ("b", "y")]


@pytest.mark.parametrize("suffix", PACKED)
def test_files_packed_one_behind_the_other_are_one(tmp_path, suffix):
    path = write(tmp_path / f"lines{suffix}", PACKED[suffix](b"a\nb") + PACKED[suffix](b"c\n"))
    assert list(read_lines(path)) == ["a", "bc"]


@pytest.mark.parametrize("suffix", PACKED)
@pytest.mark.parametrize("kind", ["cut off", "something else", "with something behind it"])
def test_what_can_not_be_unpacked_is_one_clear_line(tmp_path, suffix, kind):
    whole = PACKED[suffix](b"".join(b"%d\t%d\n" % (n * n, n) for n in range(2000)))
    damaged = {"cut off": whole[:-9], "something else": b"a\tb\n" * 9, "with something behind it": whole + b"a\tb\n"}
    path = write(tmp_path / f"train.tsv{suffix}", damaged[kind])
    with pytest.raises(DataError, match=f"^can't unpack {path}: [^\n]+; pack it again$"):
        list(read_pairs(path))


@pytest.mark.parametrize("suffix", PACKED)
def test_errors_in_a_packed_file_name_its_line(tmp_path, suffix):
    path = write(tmp_path / f"train.tsv{suffix}", PACKED[suffix](b"a\tb\ncaf\xe9\tb\n"))
    with pytest.raises(DataError, match=f"^{path}, line 2: expected UTF-8, found byte 0xe9"):
        list(read_pairs(path))
    with pytest.raises(DataError, match=r"can't read .*missing"):
        list(read_pairs(tmp_path / f"missing{suffix}"))


def test_without_pyarrow_it_is_told_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UnsupportedError, match=r'reading \.zst needs pyarrow .*pip install "s2s-toolkit\[arrow\]"'):
        list(read_pairs(write(tmp_path / "train.tsv.zst", b"")))

"""Training pairs are read once, and are the same in memory and mapped from a cache."""

import json
import random
import shutil
import tracemalloc
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s2s_toolkit import examples
from s2s_toolkit.batches import batches
from s2s_toolkit.config_sections import DataConfig
from s2s_toolkit.errors import DataError, PluginError, S2SError
from s2s_toolkit.testing.mutants import damaged
from s2s_toolkit.text import TextSide
from s2s_toolkit.tokenizers import Characters, Separator, Words
from s2s_toolkit.training.cache import read_cached
from s2s_toolkit.training.numbering import NumberedReader, read_numbered
from s2s_toolkit.vocabulary import Vocabulary

FIELD = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\t\n\r\ufeff"), min_size=1, max_size=9)
SIDES = TextSide(Characters()), TextSide(Separator())


@pytest.fixture
def folder(tmp_path):
    pytest.importorskip("pyarrow")
    return tmp_path


def data_of(*files, **more):
    tables = [file if isinstance(file, dict) else {"files": file} for file in files]
    return DataConfig(**{"train": tables, "dev": "dev.tsv", **more})


def write(path, pairs):
    path.write_text("".join(f"{source}\t{target}\n" for source, target in pairs), encoding="utf-8", newline="\n")
    return path


def pairs_of(corpus):
    """The pairs of a training corpus as symbols."""
    sides = []
    for symbols, rows in zip(corpus.symbols, corpus.rows, strict=True):
        numbers, filled = rows.gather(np.arange(len(rows)))
        ends = np.cumsum(filled.sum(axis=1))[:-1]
        sides.append([[symbols[number] for number in part] for part in np.split(numbers, ends)])
    return list(zip(*sides, strict=True))


def random_pairs(count, seed=1):
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, 9, (count, 2)).tolist()
    return [("".join(rng.choice([*"abcdé한"], s)), " ".join(rng.choice([*"xyz"], t))) for s, t in lengths]


def epoch_of(corpus):
    vocabularies = [Vocabulary.of_frequent(corpus.frequencies(side)) for side in (0, 1)]
    found = batches(corpus.examples(*vocabularies), batch_size=7, seed=3, epoch=1)
    return [array.tobytes() for batch in found for array in vars(batch).values()]


@given(pairs=st.lists(st.tuples(FIELD, FIELD.filter(lambda text: text.strip(" "))), min_size=1, max_size=9))
def test_symbols_come_back_in_their_order(tmp_path_factory, pairs):
    path = write(tmp_path_factory.mktemp("numbering") / "train.tsv", pairs)
    corpus = read_numbered(NumberedReader(data_of(path), *SIDES))
    assert pairs_of(corpus) == [(list(source), Separator().split(target)) for source, target in pairs]


@settings(max_examples=20, deadline=None)
@given(pairs=st.lists(st.tuples(FIELD, FIELD.filter(lambda text: text.strip(" "))), min_size=1, max_size=9))
def test_a_cache_holds_what_memory_would(tmp_path_factory, pairs):
    pytest.importorskip("pyarrow")
    folder = tmp_path_factory.mktemp("cache")
    reader = NumberedReader(data_of(write(folder / "train.tsv", pairs)), *SIDES)
    expected = read_numbered(reader)
    for _ in ("written", "opened"):
        found = read_cached(reader, folder / "cache")
        assert pairs_of(found) == pairs_of(expected)
        assert found.counts == expected.counts
        assert [found.frequencies(side) for side in (0, 1)] == [expected.frequencies(side) for side in (0, 1)]


def test_counts_and_vocabularies_are_those_of_all_pairs(folder):
    pairs = random_pairs(500)
    corpus = read_numbered(NumberedReader(data_of(write(folder / "train.tsv", pairs)), *SIDES))
    expected = Vocabulary.build([list(source) for source, _ in pairs], min_frequency=3, max_size=5)
    assert Vocabulary.of_frequent(corpus.frequencies(0), min_frequency=3, max_size=5) == expected


def test_both_storages_give_the_same_batches_over_several_chunks(folder, monkeypatch):
    monkeypatch.setattr(examples, "CHUNK", 16)
    monkeypatch.setattr("s2s_toolkit.training.numbering.CHUNK", 16)
    monkeypatch.setattr("s2s_toolkit.training.cache.CHUNK", 16)
    files = write(folder / "a.tsv", random_pairs(131)), write(folder / "b.tsv", random_pairs(70, seed=2))
    reader = NumberedReader(data_of(files[0], {"files": files[1], "weight": 1.5}), *SIDES)
    memory, cached = read_numbered(reader), read_cached(reader, folder / "cache")
    assert len(cached.rows[0].values_at) == 13
    assert cached.counts.drawn == 131 + 105
    assert epoch_of(cached) == epoch_of(memory)


def test_what_is_skipped_is_counted_over_all_corpora(folder):
    one = write(folder / "a.tsv", [("ab", "x y"), ("", "x"), ("abcd", "x")])
    other = write(folder / "b.tsv", [("a", " "), ("b", "x"), ("c", "x")])
    corpus = read_numbered(NumberedReader(data_of(one, other, max_source_length=3), *SIDES))
    assert corpus.skipped == {"empty": 2, "too long": 1}
    assert (corpus.mixture.sizes, corpus.counts.pairs) == ((1, 2), 3)


def test_a_corpus_without_a_usable_pair_is_refused_by_name(folder):
    files = write(folder / "a.tsv", [("a", "x")]), write(folder / "b.tsv", [("", "x")])
    with pytest.raises(DataError, match=f"no usable pair in {files[1]}: 1 empty, 0 too long"):
        read_numbered(NumberedReader(data_of(*files), *SIDES))


def test_a_tokenizer_that_fails_is_told_with_the_line(folder):
    class Refuses(Characters):
        def split(self, text):
            if text == "no":
                raise PluginError("can't split")
            return super().split(text)

    path = write(folder / "a.tsv", [("a", "x"), ("no", "x")])
    with pytest.raises(PluginError, match=f"{path}, line 2: can't split"):
        read_numbered(NumberedReader(data_of(path), TextSide(Refuses()), SIDES[1]))


@pytest.fixture
def cached(folder):
    """A reader of three pairs and a cache that has them."""
    reader = NumberedReader(data_of(write(folder / "train.tsv", [("ab", "x"), ("c", "y z"), ("a", "z")])), *SIDES)
    read_cached(reader, folder / "cache")
    return reader, folder / "cache"


def made(cache):
    """When each file of a cache was written."""
    return {path: path.stat().st_mtime_ns for path in cache.rglob("*") if path.is_file()}


def test_a_cache_is_used_again(cached):
    reader, cache = cached
    before = made(cache)
    assert len(before) == 2
    read_cached(NumberedReader(reader.data, *SIDES), cache)
    assert made(cache) == before


def test_a_cache_follows_the_content_of_files_and_not_their_names(cached):
    reader, cache = cached
    before = made(cache)
    moved = reader.data.train[0].files.rename(cache.parent / "moved.tsv")
    read_cached(NumberedReader(data_of(moved), *SIDES), cache)
    assert made(cache) == before
    write(moved, [("ab", "x"), ("c", "y z"), ("b", "z")])
    assert pairs_of(read_cached(NumberedReader(data_of(moved), *SIDES), cache))[-1] == (["b"], ["z"])


@pytest.mark.parametrize("change", [{"max_source_length": 1}, {"columns": ("target", "source")}])
def test_another_config_has_another_cache(cached, change):
    reader, cache = cached
    other = NumberedReader(reader.data.model_copy(update=change), *SIDES)
    assert pairs_of(read_cached(other, cache)) == pairs_of(read_numbered(other))
    assert len(list(cache.iterdir())) == 2


def test_another_tokenizer_has_another_cache(cached):
    reader, cache = cached
    other = NumberedReader(reader.data, TextSide(Words()), SIDES[1])
    assert pairs_of(read_cached(other, cache))[0] == (["ab"], ["x"])


def test_weights_share_a_cache(cached):
    reader, cache = cached
    weighted = data_of({"files": reader.data.train[0].files, "weight": 2.0})
    assert read_cached(NumberedReader(weighted, *SIDES), cache).counts.drawn == 6
    assert len(list(cache.iterdir())) == 1


def cut(path):
    path.write_bytes(path.read_bytes()[:-9])


def spoil(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("name", ["pairs.arrow", "about.json"])
@pytest.mark.parametrize("damage", [cut, spoil, lambda path: path.write_bytes(b""), lambda path: path.unlink()])
def test_a_damaged_cache_is_made_anew(cached, name, damage):
    reader, cache = cached
    (path,) = cache.rglob(name)
    whole = path.read_bytes()
    damage(path)
    assert pairs_of(read_cached(reader, cache)) == pairs_of(read_numbered(reader))
    assert path.read_bytes() == whole
    assert [each.name for each in cache.iterdir()] == [path.parent.name]


@pytest.mark.parametrize("content", ["[]", '"text"', "{}", '{"checksum": 0}', "[" * 9999, "null"])
def test_foreign_json_in_a_cache_is_replaced(cached, content):
    reader, cache = cached
    (path,) = cache.rglob("about.json")
    path.write_text(content)
    assert pairs_of(read_cached(reader, cache)) == pairs_of(read_numbered(reader))
    assert "symbols" in json.loads(path.read_text())


@pytest.mark.long
@pytest.mark.parametrize("sealed", [False, True])
def test_a_spoilt_cache_is_made_anew_or_has_pairs_of_its_symbols(cached, scale, sealed):
    reader, cache = cached
    expected, rng = pairs_of(read_numbered(reader)), random.Random(sealed)
    (pairs,), (about,) = cache.rglob("pairs.arrow"), cache.rglob("about.json")
    whole = {pairs: pairs.read_bytes(), about: about.read_bytes()}
    for _ in range(scale(60, 5000)):
        path = pairs if sealed else rng.choice((pairs, about))
        path.write_bytes(damaged(whole[path], rng))
        spoilt = pairs.read_bytes()
        if sealed:
            seal_again(about, spoilt)
        found = pairs_of(read_cached(reader, cache))
        if sealed and pairs.read_bytes() == spoilt:
            assert [len(each) for each in found] == [len(each) for each in expected]
        else:
            assert found == expected
            assert {path: path.read_bytes() for path in whole} == whole


def seal_again(about, pairs):
    """Make what is known of the pairs fit others."""
    content = json.loads(about.read_text())
    del content["checksum"]
    content["pairs"] = [len(pairs), zlib.crc32(pairs)]
    content["checksum"] = zlib.crc32(json.dumps(content, sort_keys=True).encode())
    about.write_text(json.dumps(content))


def test_nothing_is_left_of_a_cache_that_could_not_be_filled(folder):
    path = write(folder / "train.tsv", [("a", "x")] * 300)
    with path.open("ab") as file:
        file.write(b"caf\xe9\tx\n")
    with pytest.raises(DataError, match="line 301: expected UTF-8"):
        read_cached(NumberedReader(data_of(path), *SIDES), folder / "cache")
    assert not (folder / "cache").exists()


def test_a_cache_that_can_not_be_made_is_one_clear_line(cached):
    reader, cache = cached
    shutil.rmtree(cache)
    cache.write_text("a file")
    with pytest.raises(S2SError, match=f"can't make folder {cache}: "):
        read_cached(reader, cache)


def test_the_arrow_file_is_one_that_others_can_read(cached):
    ipc = pytest.importorskip("pyarrow.ipc")
    (path,) = cached[1].rglob("pairs.arrow")
    with ipc.open_file(str(path)) as file:
        assert file.read_all().to_pydict() == {"source": [[0, 1], [2], [0]], "target": [[0], [1, 2], [2]]}


@pytest.fixture
def little_room():
    """No file may grow beyond 100 kB, as on a disk that is full."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_disk_that_is_full_is_one_clear_line_and_leaves_nothing(folder, request):
    path = write(folder / "train.tsv", [("a" * 20, "x " * 20)] * 2000)
    request.getfixturevalue("little_room")
    with pytest.raises(S2SError, match=r"can't write .*: File too large; choose another place"):
        read_cached(NumberedReader(data_of(path), *SIDES), folder / "cache")
    assert not (folder / "cache").exists()


def test_preparing_more_pairs_takes_no_more_memory(folder, monkeypatch):
    monkeypatch.setattr("s2s_toolkit.training.numbering.CHUNK", 256)
    monkeypatch.setattr("s2s_toolkit.training.cache.CHUNK", 256)
    monkeypatch.setattr(examples, "CHUNK", 256)
    monkeypatch.setattr("s2s_toolkit.training.cache.BLOCK", 4096)
    peaks = []
    for count in (1024, 1024, 8192):  # the first imports what it needs
        reader = NumberedReader(data_of(write(folder / f"{count}.tsv", [("ab" * 9, "x y " * 9)] * count)), *SIDES)
        tracemalloc.start()
        read_cached(reader, folder / f"cache{len(peaks)}")
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[2] < 1.2 * peaks[1]

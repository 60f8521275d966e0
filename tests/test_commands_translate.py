import io
import json
import os
import subprocess
import sys

import numpy as np
import pytest

from s2s_toolkit.commands.lines import CHUNK, LARGE, READ_SIZE, file_chunks, stream_chunks, with_prefixes
from s2s_toolkit.commands.translate import aligned, text_lines, translate
from s2s_toolkit.errors import DataError, TextError, UnsupportedError
from s2s_toolkit.opening import open_translator
from s2s_toolkit.translation import Translation

SOURCES = ["12 ab", "", "29 ab", "a\u2028b", "ab\rba", " "]


@pytest.fixture
def texts(run, registry):
    return [translation.text for translation in open_translator(run, registry)(SOURCES)]


def as_input(lines):
    return "".join(f"{line}\n" for line in lines).encode()


@pytest.mark.parametrize("framework", [(), ("--framework", "numpy")])
def test_every_line_of_standard_input_gives_a_line(s2s, run, texts, framework):
    done = s2s("translate", run, *framework, stdin=as_input(SOURCES))
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.split("\n") == [*texts, ""]


def test_a_file_is_translated_into_a_file(s2s, folder, run, texts):
    (folder / "in.txt").write_bytes(as_input(SOURCES))
    done = s2s("translate", run, "in.txt", "-o", "out.txt")
    assert (done.exit_code, done.output) == (0, "")
    assert (folder / "out.txt").read_bytes() == as_input(texts)
    assert s2s("translate", run, "in.txt", "-o", "out.txt", "--strategy", "greedy", "--force").exit_code == 0


def test_nothing_in_gives_nothing_out(s2s, run):
    assert s2s("translate", run).stdout == ""


def test_a_line_of_json_says_everything(s2s, run):
    done = s2s("translate", run, "--json", "--max-length", 3, "-O", "n_best=2", stdin="12 ab\nё ab\n")
    first, second = map(json.loads, done.stdout.splitlines())
    assert [first["source"], second["source"]] == ["12 ab", "ё ab"]
    assert first["source_symbols"] == [*"12 ab", "</s>"]
    assert np.shape(first["attention"]) == (len(first["symbols"]), 6)
    assert first["alignment"] == np.argmax(first["attention"], axis=1).tolist()
    assert len(first["alternatives"]) == 1
    assert "ё" in done.stdout


def test_several_results_carry_the_number_of_their_line(s2s, run):
    done = s2s("translate", run, "-O", "n_best=3", stdin="12 ab\n13 ab\n")
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert [row[0] for row in rows] == ["1", "1", "1", "2", "2", "2"]
    assert [float(row[1]) for row in rows[:3]] == sorted((float(row[1]) for row in rows[:3]), reverse=True)


def test_options_of_the_strategy_are_passed_on(s2s, run):
    arguments = ("translate", run, "--strategy", "sample", "-O", "temperature=9.5", "--max-length", 40)
    first, again, other = (s2s(*arguments, "-O", f"seed={seed}", stdin="12 ab\n" * 3).stdout for seed in (3, 3, 5))
    assert first == again != other


@pytest.mark.parametrize("framework", [(), ("--framework", "numpy")])
def test_every_target_begins_with_the_prefix(s2s, run, framework):
    done = s2s("translate", run, *framework, "--prefix", "x1", stdin="12 ab\n\n29 ab\n")
    assert [line[:2] for line in done.stdout.splitlines()] == ["x1"] * 3


def test_every_line_may_have_a_prefix_of_its_own(s2s, folder, run):
    (folder / "prefixes.txt").write_text("x29\n\nx1\n", encoding="utf-8")
    free, begun = (
        s2s("translate", run, *options, stdin="12 ab\n13 ab\n14 ab\n").stdout.splitlines()
        for options in ((), ("--prefixes", "prefixes.txt"))
    )
    assert (begun[0][:3], begun[1], begun[2][:2]) == ("x29", free[1], "x1")


@pytest.mark.parametrize(
    ("prefixes", "message"),
    [
        ("x1\n", "prefixes.txt ends after line 1, before the input; give a prefix for each line, if an empty one"),
        ("x1\n" * 5, "prefixes.txt has 5 lines, the input 2; give a prefix for each line"),
        ("x1\nx123456\n", "in.txt, line 2: prefix 'x123456' has 7 symbols, and max_length = 7 leaves room for 6"),
    ],
)
def test_prefixes_that_do_not_fit_write_nothing(s2s, folder, run, prefixes, message):
    (folder / "prefixes.txt").write_text(prefixes, encoding="utf-8")
    (folder / "in.txt").write_text("12 ab\n13 ab\n", encoding="utf-8")
    done = s2s("translate", run, "in.txt", "-o", "out.txt", "--prefixes", "prefixes.txt")
    assert (done.exit_code, done.stderr) == (2, f"s2s: {message}\n")
    assert not (folder / "out.txt").exists()


def test_prefixes_of_both_kinds_are_refused(s2s, run):
    done = s2s("translate", run, "--prefix", "x", "--prefixes", "prefixes.txt")
    assert (done.exit_code, done.stderr) == (
        2,
        "s2s: given both --prefix 'x' and --prefixes prefixes.txt; leave one out\n",
    )


def test_a_chunk_gets_as_many_prefixes_as_it_has_lines(tmp_path):
    (tmp_path / "prefixes.txt").write_text("1\n2\n3\n")
    found = with_prefixes([["a", "b"], ["c"]], tmp_path / "prefixes.txt")
    assert list(found) == [(["a", "b"], ["1", "2"]), (["c"], ["3"])]
    with pytest.raises(DataError, match="has 3 lines, the input 2"):
        list(with_prefixes([["a", "b"]], tmp_path / "prefixes.txt"))


@pytest.mark.parametrize("results", [(), ("-O", "n_best=3")])
def test_alignments_follow_the_text(s2s, run, results):
    plain, with_pairs = (
        s2s("translate", run, *results, *option, stdin="12 ab\n\n").stdout.splitlines()
        for option in ((), ("--alignments",))
    )
    assert [line.rpartition("\t")[0] for line in with_pairs] == plain
    for line in with_pairs[: len(with_pairs) // 2]:
        pairs = [tuple(map(int, pair.split("-"))) for pair in line.rpartition("\t")[2].split()]
        text = line.split("\t")[-2]
        assert all(source < len("12 ab") and target < len(text) for source, target in pairs)
    assert {line.rpartition("\t")[2] for line in with_pairs[len(with_pairs) // 2 :]} == {""}, (
        "an empty source has no pair"
    )


def test_pairs_are_those_of_two_symbols():
    """Source a b and its end, target x y and its end; y attends to the source's end, the target's end to a."""
    translation = Translation("xy", 0.0, ("x", "y", "</s>"), ("a", "b", "</s>"), alignment=(1, 2, 0))
    assert aligned(translation) == "xy\t1-0"
    cut_off = Translation("xy", 0.0, ("x", "y"), ("a", "b", "</s>"), alignment=(1, 0))
    assert aligned(cut_off) == "xy\t1-0 0-1"


def test_a_file_without_alignment_is_refused():
    with pytest.raises(UnsupportedError, match="gives no alignment; export it anew"):
        aligned(Translation("x", 0.0, ("x", "</s>"), ("a", "</s>")))


def test_a_line_end_in_a_text_stays_on_its_line():
    stream = io.BytesIO()
    translate(backwards, [(["a\rb"], []), (["c\nd"], [])], stream, text_lines, "lines")
    assert stream.getvalue() == b"b a\nd c\n"


def test_lines_are_numbered_through_all_chunks():
    stream, chunks = io.BytesIO(), [(["a", "b"], []), (["c"], []), (["d"], [])]
    translate(backwards, chunks, stream, lambda number, source, _: f"{number}{source}", "lines")
    assert stream.getvalue() == b"1a\n2b\n3c\n4d\n"


def test_results_are_flushed_before_more_is_read():
    stream = io.BufferedWriter(raw := io.BytesIO())

    def chunks():
        yield ["a"], []
        assert raw.getvalue() == b"a\n"
        yield ["b"], []

    translate(backwards, chunks(), stream, text_lines, "lines")
    assert raw.getvalue() == b"a\nb\n"


def test_a_reader_that_goes_away_is_no_error(run):
    command = [sys.executable, "-c", "from s2s_toolkit.cli import main; main()", "translate", str(run)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([*command, "--framework", "numpy"], **pipes) as process:
        process.stdout.close()
        process.stdin.write(b"12 ab\n")
        process.stdin.close()
        assert process.stderr.read() == b""
        assert process.wait() in (0, 1)


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        (b"", []),
        (b"a", ["a"]),
        (b"a\n", ["a"]),
        (b"\n\n", ["", ""]),
        (b"a\r\nb\r\n", ["a", "b"]),
        (b"a\rb\x0bc\xc2\x85d\n", ["a\rb\x0bc\x85d"]),
        (b"\xef\xbb\xbfa\n\xef\xbb\xbfb\n", ["a", "\ufeffb"]),
        ("é\n".encode() * 3 * CHUNK, ["é"] * 3 * CHUNK),
        (b"a" * 3 * READ_SIZE + b"\nb", ["a" * 3 * READ_SIZE, "b"]),
    ],
)
def test_a_file_and_standard_input_have_the_same_lines(tmp_path, content, lines):
    (tmp_path / "in.txt").write_bytes(content)
    for chunks in (file_chunks(tmp_path / "in.txt"), stream_chunks(io.BufferedReader(io.BytesIO(content)))):
        found = list(chunks)
        assert [line for chunk in found for line in chunk] == lines
        assert all(0 < len(chunk) <= CHUNK for chunk in found)


def test_a_line_of_standard_input_does_not_wait_for_the_next():
    read, write = os.pipe()
    with os.fdopen(read, "rb") as stream, os.fdopen(write, "wb", buffering=0) as sender:
        chunks = stream_chunks(stream)
        sender.write(b"a\n")
        assert next(chunks) == ["a"]
        sender.write(b"b\nc\nd")
        assert next(chunks) == ["b", "c"]
        sender.close()
        assert next(chunks) == ["d"]


def backwards(sources):
    return [Translation(source[::-1], 0.0, (*source[::-1], "</s>"), (*source, "</s>")) for source in sources]


def test_a_run_takes_sources_as_long_as_its_file_does(s2s, run):
    done = s2s("translate", run, stdin="12 ab\n\n" + "a" * 201 + "\n13 ab\n")
    assert (done.exit_code, done.stdout.count("\n")) == (2, 2)
    told = "source 'aaaaaaaaaaaaaaaaaaaa'… has 201 symbols, the limit is 200"
    remedy = "split it, or change data.max_source_length in the run's config.toml"
    assert done.stderr == f"s2s: standard input, line 3: {told}; {remedy}\n"


def test_lines_before_one_that_is_no_text_are_translated(s2s, folder, run):
    (folder / "in.txt").write_bytes(b"12 ab\n13 ab\n\xff\n14 ab\n")
    whole = s2s("translate", run, stdin="12 ab\n13 ab\n")
    done = s2s("translate", run, "in.txt")
    assert (done.exit_code, done.stdout) == (2, whole.stdout)
    assert done.stderr == "s2s: in.txt, line 3: expected UTF-8, found byte 0xff; save the file as UTF-8\n"


def test_the_first_of_several_bad_lines_is_named():
    def translator(texts):
        for place in reversed(range(len(texts))):
            if texts[place].startswith("bad"):
                raise TextError(place, f"{texts[place]} is bad")
        return [Translation(text.upper(), 0.0, (), ()) for text in texts]

    stream = io.BytesIO()
    with pytest.raises(DataError, match=r"^lines, line 5: bad 1 is bad$"):
        translate(translator, [(["a", "b"], []), (["c", "d", "bad 1", "e", "bad 2"], [])], stream, text_lines, "lines")
    assert stream.getvalue() == b"A\nB\nC\nD\n"


def test_few_long_lines_are_a_chunk(tmp_path):
    (tmp_path / "long.txt").write_text(("a" * (LARGE + 1) + "\n") * 3 + "b\nc\n", encoding="utf-8")
    assert list(map(len, file_chunks(tmp_path / "long.txt"))) == [1, 1, 1, 2]


def test_a_run_is_evaluated_on_longer_pairs_than_it_was_trained_on(s2s, folder, run):
    (folder / "long.tsv").write_text("a" * 300 + "\tx\n", encoding="utf-8")
    assert s2s("evaluate", run, "long.tsv", "--metric", "ser").exit_code == 0

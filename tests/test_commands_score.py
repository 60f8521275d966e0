import json
from itertools import pairwise

import pytest

PAIRS = "read\tɹ i d\nread\tɹ ɛ d\ncat\tk æ t\ndog\td ɒ g\n"
OUTPUTS = "ɹ ɛ d\nɹ ɛ d\nk a t\nd ɒ g z\n"


@pytest.fixture
def files(folder):
    (folder / "pairs.tsv").write_text(PAIRS)
    (folder / "outputs.txt").write_text(OUTPUTS)
    return folder


def test_outputs_are_scored_by_hand(s2s, files):
    done = s2s("score", "outputs.txt", "pairs.tsv")
    assert done.stdout == "exact_match\t25.0000\nser\t25.0000\nwer\t75.0000\n"
    assert done.stderr.startswith("s2s: 4 pairs, 0 skipped for an empty side\ns2s: a source comes again 1 time;")


def test_grouped_they_are_scored_as_the_literature_on_pronunciation_does(s2s, files):
    """Of a word's pronunciations the closest counts: one distance of 0 and two of 1, in 9 phones."""
    found = json.loads(s2s("score", "outputs.txt", "pairs.tsv", "--group-sources", "--json").stdout)
    assert (found["entries"], found["pairs"]) == (3, 4)
    assert found["metrics"]["wer"] == pytest.approx(200 / 3)
    assert found["metrics"]["ser"] == pytest.approx(200 / 9)


def test_references_without_sources_are_a_file_for_each(s2s, files):
    (files / "one.txt").write_text("a b\nc\n")
    (files / "other.txt").write_text("\nc d\n")
    (files / "written.txt").write_text("a b\nc d\n")
    files = ("--reference", "one.txt", "--reference", "other.txt")
    assert s2s("score", "written.txt", *files).stdout == "exact_match\t100.0000\nser\t0.0000\nwer\t0.0000\n"
    assert s2s("score", "written.txt", *files[:2], "--metric", "exact_match").stdout == "exact_match\t50.0000\n"


def test_everything_is_in_one_object(s2s, files):
    (files / "others.txt").write_text("ɹ i d\nɹ i d\nk æ t\nd ɒ g\n")
    asked = ("--confidence", "--resamples", "50", "--seed", "7", "--breakdown", "length", "--breakdown", "symbols")
    done = s2s("score", "outputs.txt", "pairs.tsv", "--group-sources", "--json", "--against", "others.txt", *asked)
    found = json.loads(done.stdout)
    assert (found["resamples"], found["seed"]) == (50, 7)
    for name, value in found["metrics"].items():
        low, high = found["intervals"][name]
        assert low <= value <= high
        difference = found["against"]["differences"][name]
        assert difference["value"] == pytest.approx(value - found["against"]["metrics"][name])
        assert 0 < difference["p"] <= 1
    assert found["against"]["name"] == "others.txt"
    assert [each["entries"] for each in found["lengths"]] == [3]
    assert found["lengths"][0]["metrics"] == found["metrics"]
    assert found["confusions"] == [
        {"wanted": "", "written": "z", "times": 1},
        {"wanted": "æ", "written": "a", "times": 1},
    ]
    assert found["symbols"][0] == {
        "symbol": "z", "references": 0, "substituted": 0, "deleted": 0, "inserted": 1, "errors": 1,
    }  # fmt: skip


def test_tables_follow_one_another(s2s, files):
    done = s2s("score", "outputs.txt", "pairs.tsv", "--confidence", "--breakdown", "length", "--breakdown", "symbols")
    tables = [table.splitlines() for table in done.stdout.split("\n\n")]
    assert [table[0].split("\t")[0] for table in tables] == ["metric", "length", "symbol", "wanted"]
    assert "ɹ\t2\t0\t0\t0" in tables[2]
    assert all(line.count("\t") == after.count("\t") for table in tables for line, after in pairwise(table))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["short.txt", "pairs.tsv"], "short.txt has 1 lines for 4 pairs; give one for each"),
        (["split.txt", "pairs.tsv", "--group-sources"], "split.txt: lines 1 and 2 are outputs for the same source and"),
        (["outputs.txt"], "give PAIRS.tsv of sources and references or --reference"),
        (["outputs.txt", "--group-sources", "--reference", "short.txt"], "give PAIRS.tsv of sources and references"),
        (["outputs.txt", "pairs.tsv", "--reference", "short.txt"], "file 1 of references has 1 lines for 4 pairs;"),
        (["gone.txt", "pairs.tsv"], "can't read gone.txt"),
    ],
)
def test_what_does_not_fit_together_is_refused(arguments, message, s2s, files):
    (files / "short.txt").write_text("a\n")
    (files / "split.txt").write_text("a\nb\nc\nd\n")
    done = s2s("score", *arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert message in done.stderr

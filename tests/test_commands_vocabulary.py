"""`s2s vocabulary`, and what it writes in a training: both learn the same."""

import json
import tomllib

import pytest

from s2s_toolkit.run import open_run
from s2s_toolkit.testing.requirements import require

BPE = '{name="bpe", size=40}'
SUBWORDS = ("--set", f"source.tokenizer={BPE}", "--set", f"target.tokenizer={BPE}")
NAMES = ("source.tokenizer.json", "source.vocabulary.json", "target.tokenizer.json", "target.vocabulary.json")


@pytest.fixture(autouse=True)
def _tokenizers():
    require("tokenizers")


def rows(text):
    return [[line.split("\t") for line in block.split("\n")] for block in text.strip("\n").split("\n\n")]


def test_sizes_and_frequent_symbols_are_shown(s2s, folder):
    sides, frequent = rows(s2s("vocabulary", "tiny.toml", "--top", 3).stdout)
    assert sides[0] == ["side", "tokenizer", "symbols", "in train", "in dev", "unknown in dev"]
    assert [row[:3] for row in sides[1:]] == [["source", "characters", "17"], ["target", "characters", "15"]]
    assert [row[0] for row in frequent[1:]] == ["source"] * 3 + ["target"] * 3
    counts = [int(row[2]) for row in frequent[1:4]]
    assert counts == sorted(counts, reverse=True)
    assert sorted(path.name for path in folder.iterdir()) == ["dev.tsv", "tiny.toml", "train.tsv"]


def test_training_learns_what_the_command_writes(s2s, folder):
    assert s2s("vocabulary", "tiny.toml", "-o", "a/b", *SUBWORDS).exit_code == 0
    assert s2s("train", "tiny.toml", "-o", "run", *SUBWORDS).exit_code == 0
    assert sorted(path.name for path in (folder / "a" / "b").iterdir()) == sorted(NAMES)
    for name in NAMES:
        assert (folder / "run" / name).read_bytes() == (folder / "a" / "b" / name).read_bytes()


def test_a_training_uses_what_lies_in_a_folder(s2s, folder, registry):
    s2s("vocabulary", "tiny.toml", "-o", "kept", *SUBWORDS)
    other = ("--set", "source.vocabulary=kept", "--set", "source.tokenizer=bpe", "--set", "data.train=dev.tsv")
    assert s2s("train", "tiny.toml", "-o", "run", *other).exit_code == 0
    for name in NAMES[:2]:
        assert (folder / "run" / name).read_bytes() == (folder / "kept" / name).read_bytes()
    assert tomllib.loads((folder / "run" / "config.toml").read_text())["source"]["vocabulary"] == str(folder / "kept")
    assert open_run(folder / "run", registry).source.tokenizer.state


def test_a_run_with_subwords_is_resumed(s2s, folder):
    s2s("train", "tiny.toml", "-o", "run", *SUBWORDS)
    done = s2s("train", "tiny.toml", "-o", "run", "--resume", *SUBWORDS, "--set", "training.max_epochs=2")
    assert "resumed after" in done.stderr


def test_both_sides_may_learn_one_tokenizer(s2s, folder):
    assert s2s("vocabulary", "tiny.toml", "-o", "kept", "--joint", *SUBWORDS).exit_code == 0
    source, target = ((folder / "kept" / name).read_text() for name in (NAMES[0], NAMES[2]))
    assert source == target


def test_sides_with_different_tokenizers_learn_none_together(s2s, folder):
    for sides in ((), SUBWORDS[:2], (*SUBWORDS[:3], 'target.tokenizer={name="bpe", size=41}')):
        done = s2s("vocabulary", "tiny.toml", "--joint", *sides)
        assert done.exit_code == 2
        assert "name the same, with the same options, and it learns, as bpe and unigram do" in done.stderr


def test_a_folder_is_replaced_when_forced(s2s, folder):
    s2s("vocabulary", "tiny.toml", "-o", "kept", *SUBWORDS)
    again = s2s("vocabulary", "tiny.toml", "-o", "kept")
    assert (again.exit_code, again.stderr) == (
        2,
        "s2s: kept/source.vocabulary.json exists; give --force to replace it\n",
    )
    assert s2s("vocabulary", "tiny.toml", "-o", "kept", "--force").exit_code == 0
    assert sorted(path.name for path in (folder / "kept").iterdir()) == [NAMES[1], NAMES[3]]  # characters learn nothing


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "can't read {path}: No such file or directory; restore it or train again"),
        ("{", "{path} is damaged (Expecting property name"),
        ("[]", "{path} is damaged (list indices must be"),
        ({"format": 2, "tokenizer": "bpe", "state": {}}, "{path} has format 2; this is s2s-toolkit "),
        ({"format": 1, "tokenizer": "unigram", "state": {}}, "{path} is what the tokenizer 'unigram' has learnt"),
        ({"format": 1, "tokenizer": "bpe", "state": []}, "{path} is damaged (expected the state of a tokenizer"),
        ({"format": 1, "tokenizer": "bpe", "state": {"merges": 3}}, "{path} is damaged (expected 'merges'"),
        ({"format": 1, "tokenizer": "bpe", "state": {"pieces": [["a", -1]]}}, "{path} is damaged (the state is that"),
    ],
)
def test_a_damaged_file_is_named(s2s, folder, content, said):
    s2s("vocabulary", "tiny.toml", "-o", "kept", *SUBWORDS)
    path = folder / "kept" / NAMES[0]
    if content is None:
        path.unlink()
    else:
        path.write_text(content if isinstance(content, str) else json.dumps(content))
    use = ("--set", "source.tokenizer=bpe", "--set", "source.vocabulary=kept")
    done = s2s("train", "tiny.toml", "-o", "run", *use)
    assert done.exit_code == 2
    assert done.stderr.startswith("s2s: " + said.format(path=path))
    assert not (folder / "run").exists()


def test_a_tokenizer_is_a_name_or_a_section_with_one(s2s, folder):
    for wrong in ("3", "{size=40}", "[1]"):
        done = s2s("vocabulary", "tiny.toml", "--set", f"source.tokenizer={wrong}")
        assert "'source.tokenizer': expected a name, or a section with a name, given" in done.stderr
    misspelt = s2s("vocabulary", "tiny.toml", "--set", 'source.tokenizer={name="bpe", siz=40}')
    assert (
        misspelt.stderr
        == "s2s: unknown key 'tokenizer.siz'; did you mean 'size'? known: name, size, split_punctuation\n"
    )
    plain = s2s("vocabulary", "tiny.toml", "--set", 'source.tokenizer={name="words", size=40}')
    assert plain.stderr == "s2s: unknown key 'tokenizer.size'; known: name\n"

"""What data a config may name, from the command line: tags, the other direction, several corpora, packed files."""

import gzip
import sys
import tomllib
from pathlib import Path

import pytest
import tomli_w

from s2s_toolkit.run import load_checkpoint
from s2s_toolkit.testing.requirements import require

FORMS = {"V;PST": "ed", "V;3;SG": "s"}
TAGGED = [(lemma, lemma + ending, tags) for lemma in ("walk", "talk", "V", "call") for tags, ending in FORMS.items()]


@pytest.fixture
def train(s2s, folder):
    """Train by the tiny config with other keys in some sections."""
    require("torch")

    def call(name, *arguments, **sections):
        content = tomllib.loads((folder / "tiny.toml").read_text())
        for section, keys in sections.items():
            content[section] = {**content.get(section, {}), **keys}
        (folder / f"{name}.toml").write_text(tomli_w.dumps(content))
        done = s2s("train", f"{name}.toml", *arguments)
        assert done.exit_code == 0, done.stderr
        return done

    return call


def scores(s2s, *arguments):
    done = s2s("evaluate", *arguments)
    assert done.exit_code == 0, done.stderr
    return done.stdout


def weights(run):
    arrays = load_checkpoint(Path(run) / "checkpoints" / "last.safetensors").weights
    return {name: array.tobytes() for name, array in arrays.items()}


def test_tags_go_all_the_way_to_the_exported_file(s2s, folder, train):
    require("onnx")
    (folder / "tagged.tsv").write_text("".join("\t".join(row) + "\n" for row in TAGGED))
    columns = ["source", "target", "tags"]
    train("tags", data={"train": "tagged.tsv", "dev": "tagged.tsv", "columns": columns}, source={"tokenizer": "tagged"})
    run, file = "runs/tags-torch", "runs/tags-torch/model.onnx"
    symbols = (folder / run / "source.vocabulary.json").read_text()
    assert '"\\tV"' in symbols
    assert '"V"' in symbols
    assert s2s("export", run).exit_code == 0
    given = "".join(f"{lemma}\t{tags}\n" for lemma, _, tags in TAGGED) + "walk\nV\tV;XYZ;PST\n"
    assert s2s("translate", file, stdin=given).stdout == s2s("translate", run, stdin=given).stdout
    assert scores(s2s, file, "tagged.tsv") == scores(s2s, run, "tagged.tsv") == scores(s2s, run)


def test_the_other_direction_is_scored_on_the_same_files(s2s, folder, train):
    done = train("there", "--reverse", target={"max_size": 9})
    run = "runs/there-torch-reverse"
    assert run in done.stdout
    config = tomllib.loads((folder / run / "config.toml").read_text())
    assert (config["data"]["columns"], config["source"]["max_size"]) == (["target", "source"], 9)
    assert scores(s2s, run) == scores(s2s, run, "dev.tsv")
    assert "x" in (folder / run / "source.vocabulary.json").read_text()


def test_resuming_the_other_direction_needs_its_name_again(s2s, folder, train):
    train("there", "--reverse", "-o", "back", target={"max_size": 9})
    assert s2s("train", "there.toml", "--reverse", "-o", "back", "--resume").exit_code == 0
    refused = s2s("train", "there.toml", "-o", "back", "--resume")
    assert refused.exit_code == 2
    assert "differs from the run's own config.toml" in refused.stderr


def test_mapped_training_pairs_give_the_same_weights(folder, train):
    pytest.importorskip("pyarrow")
    for name, cache in (("memory", ""), ("written", "cache"), ("opened", "cache")):
        train(name, data={"cache": cache})
    assert weights("runs/memory-torch") == weights("runs/written-torch") == weights("runs/opened-torch")
    assert len(list((folder / "cache").rglob("pairs.arrow"))) == 1


def test_corpora_of_weight_1_are_one_corpus(folder, train):
    lines = (folder / "train.tsv").read_text().splitlines(keepends=True)
    for name, part in (("first", lines[:7]), ("second", lines[7:])):
        (folder / f"{name}.tsv").write_text("".join(part))
    train("whole")
    done = train("parts", data={"train": [{"files": "first.tsv"}, {"files": "second.tsv"}]})
    assert done.stderr.startswith("train  20 pairs from first.tsv, second.tsv; skipped 1 empty, 1 too long\n")
    assert weights("runs/parts-torch") == weights("runs/whole-torch")


def test_weights_make_an_epoch_longer(folder, train):
    tables = [{"files": "train.tsv", "weight": 1.5}, {"files": "dev.tsv", "weight": 0.4}]
    done = train("weighted", data={"train": tables})
    assert done.stderr.startswith("train  25 pairs from train.tsv, dev.tsv, 32 in an epoch; skipped 1 empty, 1 too")


def test_packed_files_are_trained_on_scored_and_translated(s2s, folder, train):
    for name in ("train", "dev"):
        (folder / f"{name}.tsv.gz").write_bytes(gzip.compress((folder / f"{name}.tsv").read_bytes()))
    train("packed", data={"train": "train.tsv.gz", "dev": "dev.tsv.gz"})
    train("plain")
    assert weights("runs/packed-torch") == weights("runs/plain-torch")
    assert scores(s2s, "runs/plain-torch") == scores(s2s, "runs/plain-torch", "dev.tsv.gz")
    (folder / "lines.gz").write_bytes(gzip.compress(b"12 ab\n13 ab\n"))
    expected = s2s("translate", "runs/plain-torch", stdin="12 ab\n13 ab\n").stdout
    assert s2s("translate", "runs/plain-torch", "lines.gz").stdout == expected


def test_without_pyarrow_a_cache_is_refused_with_what_to_install(refusal, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    said = refusal("train", "tiny.toml", "--set", "data.cache=cache")
    assert said.startswith("data.cache needs pyarrow (")
    assert said.endswith('; pip install "s2s-toolkit[arrow]"')

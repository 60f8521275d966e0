"""Configs: every key is checked when the file is read, and what is written reads back the same."""

import tomllib
from pathlib import Path

import pytest

from s2s_toolkit.config import parse_config, read_config, write_config
from s2s_toolkit.config_sections import ModelConfig
from s2s_toolkit.errors import ConfigError

DATA = '[data]\ntrain = "train.tsv"\ndev = "dev.tsv"\n'
FULL = """
framework = "tensorflow"
seed = 7

[data]
train = ["train.src", "train.tgt"]
dev = "dev.tsv"
max_source_length = 11

[source]
tokenizer = "words"
min_frequency = 3

[target]
max_size = 500
normalization = "nfkc"
lowercase = true

[model]
embedding_size = 5
dropout = 0.25
encoder = { name = "lstm", size = 3, bidirectional = false }
attention = { name = "general" }
decoder = { name = "luong", cell = "lstm", num_layers = 2 }

[training]
schedule = "cosine"
clip_norm = inf
metric = "ser"

[decoding]
strategy = "sample"
max_length = 7
temperature = 0.7
"""


def parse(text):
    return parse_config(tomllib.loads(text), folder=Path("/data"), where="test.toml")


def message_of(text):
    with pytest.raises(ConfigError) as caught:
        parse(text)
    return str(caught.value)


def test_every_section_but_data_has_defaults():
    config = parse(DATA)
    assert (config.framework, config.source.tokenizer, config.decoding.strategy) == ("torch", "characters", "beam")
    assert config.model == ModelConfig()


def test_part_keeps_its_own_options():
    config = parse(FULL)
    assert config.model.encoder.options == {"size": 3, "bidirectional": False}
    assert config.model.attention.options == {}


def test_strategy_keeps_its_own_options():
    assert parse(FULL).decoding.options == {"temperature": 0.7}


def test_relative_paths_are_taken_from_the_folder_of_the_config(tmp_path, monkeypatch):
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs/it.toml").write_text('[data]\ntrain = "../train.tsv"\ndev = ["dev.src", "/data/dev.tgt"]\n')
    monkeypatch.chdir(tmp_path)
    data = read_config(Path("configs/it.toml")).data
    assert data.train == tmp_path / "configs/../train.tsv"
    assert data.dev == (tmp_path / "configs/dev.src", Path("/data/dev.tgt"))


@pytest.mark.parametrize("text", [DATA, FULL], ids=["defaults", "full"])
def test_written_config_reads_back_the_same(text, tmp_path):
    write_config(parse(text), tmp_path / "config.toml")
    assert read_config(tmp_path / "config.toml") == parse(text)


def test_config_written_elsewhere_still_finds_its_data(tmp_path, monkeypatch):
    (tmp_path / "configs").mkdir()
    (tmp_path / "runs").mkdir()
    (tmp_path / "configs/it.toml").write_text(DATA)
    monkeypatch.chdir(tmp_path)
    config = read_config(Path("configs/it.toml"))
    write_config(config, Path("runs/config.toml"))
    assert read_config(Path("runs/config.toml")).data.train == tmp_path / "configs/train.tsv"


@pytest.mark.parametrize(
    ("text", "given", "meant"),
    [
        ("sead = 3\n" + DATA, "sead", "seed"),
        (DATA + "[trainning]\n", "trainning", "training"),
        (DATA + 'trian = "train.tsv"\n', "data.trian", "train"),
        (DATA + '[source]\ntokeniser = "words"\n', "source.tokeniser", "tokenizer"),
        (DATA + "[target]\nmaxsize = 7\n", "target.maxsize", "max_size"),
        (DATA + "[model]\nembeding_size = 7\n", "model.embeding_size", "embedding_size"),
        (DATA + '[model.encodr]\nname = "gru"\n', "model.encodr", "encoder"),
        (DATA + "[training]\nbatchsize = 7\n", "training.batchsize", "batch_size"),
    ],
)
def test_misspelt_key_is_refused_with_a_suggestion(text, given, meant):
    message = message_of(text)
    assert message.startswith(f"test.toml: unknown key '{given}'; did you mean '{meant}'? known: ")
    assert meant in message.partition("known: ")[2].split(", ")


def test_far_fetched_key_is_refused_with_what_is_known():
    message = message_of(DATA + "[source]\nquantity = 7\n")
    known = "lowercase, max_size, min_frequency, normalization, tokenizer, vocabulary"
    assert message == f"test.toml: unknown key 'source.quantity'; known: {known}"


@pytest.mark.parametrize(
    ("text", "key", "given"),
    [
        ("seed = -1\n" + DATA, "seed", "-1"),
        ("framework = 3\n" + DATA, "framework", "3"),
        ('data = "train.tsv"\n', "data", "'train.tsv'"),
        (DATA + '[source]\nnormalization = "NFC"\n', "source.normalization", "'NFC'"),
        (DATA + "[target]\nlowercase = 1\n", "target.lowercase", "1"),
        (DATA + "[model]\ndropout = 1.0\n", "model.dropout", "1.0"),
        (DATA + '[model]\nencoder = "gru"\n', "model.encoder", "'gru'"),
        (DATA + "[model.decoder]\nname = 3\n", "model.decoder.name", "3"),
        (DATA + '[training]\nbatch_size = "many"\n', "training.batch_size", "'many'"),
        (DATA + "[training]\nlearning_rate = nan\n", "training.learning_rate", "nan"),
        (DATA + '[training]\nschedule = "linear"\n', "training.schedule", "'linear'"),
        (DATA + "[decoding]\nmax_length = 0\n", "decoding.max_length", "0"),
        (DATA + "[training]\nbatch_size = 2147483648\n", "training.batch_size", "2147483648"),
        (DATA + f"[decoding]\nbeam_size = -{10**30}\n", "decoding.beam_size", f"-{10**30}"),
        (DATA + f'[model.encoder]\nname = "gru"\nsize = [1, {10**30}]\n', "model.encoder.size", f"{10**30}"),
    ],
)
def test_wrong_value_is_refused_with_what_was_given(text, key, given):
    message = message_of(text)
    assert message.startswith(f"test.toml: '{key}': ")
    assert message.endswith(f", given {given}")


@pytest.mark.parametrize("train", ["5", '["a.src"]', '["a.src", "a.tgt", "a.txt"]', '["a.src", 5]'])
def test_files_are_one_path_or_two(train):
    message = message_of(f'[data]\ntrain = {train}\ndev = "dev.tsv"\n')
    assert message.startswith("test.toml: 'data.train': expected a path or a pair [source, target] of paths, given ")


@pytest.mark.parametrize(
    ("text", "key"),
    [("", "data"), ('[data]\ntrain = "a"\n', "data.dev"), (DATA + "[model.encoder]\nsize = 3\n", "model.encoder.name")],
)
def test_missing_key_is_named(text, key):
    assert message_of(text) == f"test.toml: '{key}' is missing"


@pytest.mark.parametrize(
    "content",
    [b"seed = ", b"\xff\xfe", b"seed = 1\nseed = 2\n", b"seed = " + b"1" * 5000, b"seed = " + b"[" * 5000],
    ids=["cut", "binary", "twice", "long", "deep"],
)
def test_what_is_not_toml_is_refused_with_the_file(content, tmp_path):
    path = tmp_path / "bad.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"bad\.toml is not valid TOML: "):
        read_config(path)


def test_missing_file_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"can't read config .*none\.toml: No such file or directory"):
        read_config(tmp_path / "none.toml")


def test_directory_is_no_config(tmp_path):
    with pytest.raises(ConfigError, match=r"can't read config .*: Is a directory"):
        read_config(tmp_path)


def test_config_can_not_be_changed():
    with pytest.raises(ValueError, match="frozen"):
        parse(DATA).seed = 3


TABLES = """
[data]
dev = ["dev.src", "dev.tgt"]
cache = "cache"

[[data.train]]
files = ["a.src", "a.tgt"]
weight = 2

[[data.train]]
files = "b.tsv"
"""


def test_several_corpora_have_weights_and_paths(tmp_path):
    config = parse(TABLES)
    assert [(corpus.files, corpus.weight) for corpus in config.data.corpora] == [
        ((Path("/data/a.src"), Path("/data/a.tgt")), 2.0),
        (Path("/data/b.tsv"), 1.0),
    ]
    assert config.data.cache == "/data/cache"
    write_config(config, tmp_path / "config.toml")
    assert read_config(tmp_path / "config.toml") == config


def test_one_corpus_is_a_corpus_of_weight_1():
    (corpus,) = parse(DATA).data.corpora
    assert (corpus.files, corpus.weight) == (Path("/data/train.tsv"), 1.0)


@pytest.mark.parametrize(
    ("train", "expected"),
    [
        (
            '[{files = "a", wieght = 2}]',
            "unknown key 'data.train.0.wieght'; did you mean 'weight'? known: files, weight",
        ),
        (
            '[{files = "a"}, {files = "b", weight = 0}]',
            "'data.train.1.weight': input should be greater than 0, given 0",
        ),
        (
            '[{files = "a", weight = inf}]',
            "'data.train.0.weight': input should be less than or equal to 1000, given inf",
        ),
        ("[{weight = 2}]", "'data.train.0.files' is missing"),
        ('[{files = "a"}, "b"]', "'data.train': expected a path or a pair [source, target] of paths, given "),
        ("[]", "'data.train': expected a path or a pair [source, target] of paths, given []"),
    ],
)
def test_a_corpus_that_is_not_described_well_is_refused(train, expected):
    assert message_of(f'[data]\ndev = "dev.tsv"\ntrain = {train}\n').startswith(f"test.toml: {expected}")


@pytest.mark.parametrize("columns", [["source"], ["source", "target", "source"], ["source", "target", "tags", "tags"]])
def test_columns_are_a_source_a_target_and_what_else(columns):
    expected = "test.toml: 'data.columns': expected 'source' and 'target' once each, and 'tags' at most once, given "
    assert message_of(f"{DATA}columns = {columns}\n").startswith(expected)


def test_the_other_direction_is_a_config_of_its_own(tmp_path):
    changed = TABLES.replace("[[", 'max_source_length = 7\ncolumns = ["ignored", "source", "target"]\n[[', 1)
    forth = parse(changed + '[source]\ntokenizer = "words"\n')
    back = parse(changed.replace("[[", "reverse = true\n[[", 1) + '[source]\ntokenizer = "words"\n')
    assert [corpus.files for corpus in back.data.corpora] == [
        (Path("/data/a.tgt"), Path("/data/a.src")),
        Path("/data/b.tsv"),
    ]
    assert back.data.dev == (Path("/data/dev.tgt"), Path("/data/dev.src"))
    assert back.data.columns == ("ignored", "target", "source")
    assert (back.data.max_source_length, back.data.max_target_length) == (200, 7)
    assert (back.source, back.target) == (forth.target, forth.source)
    assert not back.data.reverse
    write_config(back, tmp_path / "config.toml")
    assert read_config(tmp_path / "config.toml") == back


def test_tags_have_one_direction():
    message = message_of(DATA + 'reverse = true\ncolumns = ["source", "target", "tags"]\n')
    assert message == "test.toml: 'data.reverse': tags belong to one direction; write a config for each"

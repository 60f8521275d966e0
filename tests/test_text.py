"""A side: text is normalised, then cut, and nowhere in another way."""

import pytest

from s2s_toolkit.config import Config
from s2s_toolkit.config_sections import TextConfig
from s2s_toolkit.errors import RunError
from s2s_toolkit.normalization import Normalization
from s2s_toolkit.run import create_run, open_run
from s2s_toolkit.subwords import Bpe
from s2s_toolkit.symbols import UNK
from s2s_toolkit.text import TextSide, load_side
from s2s_toolkit.tokenizers import Characters, Words
from s2s_toolkit.training.preparation import load_corpora, new_run, resumed_run
from s2s_toolkit.training.sides import prepared_sides, training_pairs
from s2s_toolkit.vocabulary import Vocabulary


def test_text_is_normalised_before_it_is_cut():
    side = TextSide(Words(), Vocabulary(["e\u0301te\u0301", "fin"]), Normalization("nfkd", lowercase=True))
    assert side.split("ÉTÉ\u00a0ﬁn") == ["e\u0301te\u0301", "fin"]
    assert side.encode("Été ﬁn x") == [4, 5, UNK]


def test_what_was_decoded_encodes_to_the_same_ids():
    side = TextSide(Characters(), Vocabulary("abé"), Normalization("nfc", lowercase=True))
    assert side.encode(side.decode([4, 6, 5])) == [4, 6, 5]


def test_a_config_says_how_a_side_reads(registry):
    config = TextConfig(tokenizer="words", normalization="nfc", lowercase=True)
    assert load_side(config, registry).split("E\u0301t Y") == ["ét", "y"]


def test_without_a_vocabulary_every_symbol_is_unknown(registry):
    assert load_side(TextConfig(), registry).encode("ab") == [UNK, UNK]


@pytest.fixture
def config(tmp_path):
    (tmp_path / "pairs.tsv").write_text("Ab\tE\u0301 x\nÀ\té X\n", encoding="utf-8")
    files = dict.fromkeys(("train", "dev"), tmp_path / "pairs.tsv")
    limits = {"max_source_length": 2, "max_target_length": 2}
    source = {"normalization": "nfd", "lowercase": True}
    target = {"tokenizer": "words", "normalization": "nfc", "lowercase": True}
    return Config.model_validate({"data": {**files, **limits}, "source": source, "target": target})


def test_training_text_is_normalised_and_its_length_counted_then(config, registry, tmp_path):
    sides = prepared_sides(config, registry)
    training, _ = load_corpora(config, *sides)
    assert training.frequencies(0) == {"a": 2, "b": 1, "\u0300": 1}
    assert training.frequencies(1) == {"é": 2, "x": 2}
    run = new_run(tmp_path / "run", config, sides, training)
    assert run.target.vocabulary.symbols[4:] == ("x", "é")
    assert run.source.encode("AB") == [4, 5]


def test_an_opened_run_normalises_as_it_was_trained(config, registry, tmp_path):
    sides = prepared_sides(config, registry)
    create_run(new_run(tmp_path / "run", config, sides, load_corpora(config, *sides)[0]))
    run = open_run(tmp_path / "run", registry)
    assert (run.source.split("À"), run.target.split("E\u0301")) == (["a", "\u0300"], ["é"])


def test_a_run_is_not_resumed_under_another_normalisation(config, registry, tmp_path):
    sides = prepared_sides(config, registry)
    create_run(new_run(tmp_path / "run", config, sides, load_corpora(config, *sides)[0]))
    other = config.model_copy(update={"source": TextConfig(normalization="nfd")})
    with pytest.raises(RunError, match=r"\[source\] differs from the run's own config\.toml"):
        resumed_run(tmp_path / "run", other, registry)


def test_training_texts_come_as_they_stand_in_their_files(tmp_path):
    for name in ("a", "b"):
        (tmp_path / f"{name}.tsv").write_text(f"À{name}\tV;PST\t x \n\t\t\n", encoding="utf-8")
    tables = [{"files": tmp_path / f"{name}.tsv"} for name in ("b", "a")]
    data = {"train": tables, "dev": "none", "columns": ["source", "tags", "target"]}
    config = Config.model_validate({"data": data, "source": {"lowercase": True}})
    assert list(training_pairs(config)) == [("Àb\tV;PST", " x "), ("", ""), ("Àa\tV;PST", " x "), ("", "")]


def test_symbols_that_spell_a_text_otherwise_are_cut_anew():
    side = TextSide(Bpe().restored({"merges": [["a", "b"], ["\u2581", "ab"]]}))
    assert side.respelt(["\u2581", "a", "b", "\u2581ab"]) == ["\u2581ab", "\u2581ab"] == side.split("ab ab")
    assert TextSide(Words()).respelt(["a", "b"]) == ["a", "b"]

"""A source has a greatest length, known before anything is computed."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s2s_onnx.counting import SourceSymbols
from s2s_onnx.exporter import OnnxExporter
from s2s_onnx.translator import Translator
from s2s_toolkit.errors import DataError
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import Run
from s2s_toolkit.tokenizers import WHITESPACE, Characters, Separator, Tagged, Tokenizer, Words, tag_separators

Exported = Callable[..., Path]
TOKENIZERS: dict[str, Tokenizer] = {
    "characters": Characters(),
    "words": Words(),
    "separator": Separator(),
    "tagged": Tagged(),
}
characters = st.one_of(st.sampled_from("ab é한👍|_; \t\n\u3000.*+["), st.characters(exclude_categories=["Cs"]))


def counter(tokenizer: Tokenizer, limit: int | None = None, trained: int = 50) -> SourceSymbols:
    cuts = {"source_separators": tokenizer.separators, "source_tag_separators": tag_separators(tokenizer)}
    return SourceSymbols({**cuts, "max_source_length": trained}, limit)


@pytest.mark.parametrize("name", TOKENIZERS)
@given(texts=st.lists(st.text(characters, max_size=20), max_size=4))
def test_symbols_are_counted_as_the_tokenizer_cuts_them(name: str, texts: list[str]) -> None:
    tokenizer = TOKENIZERS[name]
    assert counter(tokenizer).count(texts) == [len(tokenizer.split(text)) for text in texts]


def test_white_space_of_every_kind_parts_words() -> None:
    assert counter(Words()).count(["a".join(WHITESPACE), f"{WHITESPACE[0]}{WHITESPACE[1]}"]) == [len(WHITESPACE) - 1, 0]


@pytest.mark.parametrize("limit", [None, 7, 60])
def test_the_limit_is_the_files_unless_another_is_given(limit: int | None) -> None:
    greatest = 50 if limit is None else limit
    symbols = counter(Characters(), limit)
    assert symbols.count(["a" * greatest]) == [greatest]
    message = (
        rf"^text 2: source 'b{{7,20}}'…? has {greatest + 1} symbols, the limit is {greatest}; split it, or, in Python, "
        "give Translator another max_source_length$"
    )
    with pytest.raises(DataError, match=message):
        symbols.count(["a", "b" * (greatest + 1)])


@pytest.fixture(scope="module")
def short(make_run: Callable[..., Run], tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Was trained with sources of 5 symbols at most."""
    data = {"train": "gone.tsv", "dev": "gone.tsv", "max_source_length": 5}
    return make_run(tmp_path_factory.mktemp("short") / "run", data=data)


@pytest.fixture(scope="module", params=["text", "ids"])
def path(request: pytest.FixtureRequest, short: Run, registry: Registry) -> Path:
    path = short.path.with_name(f"{request.param}.onnx")
    OnnxExporter(input=request.param).export(short, path, registry, framework="", strategy="", options={})
    return path


def test_a_file_takes_sources_as_long_as_those_it_was_trained_with(path: Path) -> None:
    translator = Translator(path)
    assert [len(found.source_symbols) for found in translator(["abcde", ""])] == [6, 1]
    with pytest.raises(DataError, match="text 1: source 'abcdef' has 6 symbols, the limit is 5"):
        translator(["abcdef", ""])


def test_a_caller_may_choose_another_limit(path: Path) -> None:
    assert len(Translator(path, max_source_length=6)(["abcdef"])[0].source_symbols) == 7
    with pytest.raises(DataError, match=r"source 'abcde' has 5 symbols, the limit is 4; split it"):
        Translator(path, max_source_length=4)(["abcde"])
    assert Translator(path, max_source_length=0)([""])[0].source_symbols == ("</s>",)


def test_a_folder_of_steps_takes_no_longer_ones(short: Run, registry: Registry, tmp_path: Path) -> None:
    exporter, folder = OnnxExporter(form="steps"), tmp_path / "steps.onnx"
    exporter.export(short, folder, registry, framework="", strategy="", options={})
    translator = exporter.open(folder, registry, {})
    assert [len(found.source_symbols) for found in translator(["abcde", ""])] == [6, 1]
    message = r"source 'abcdef' has 6 symbols, the limit is 5; split it, or change max_source_length in manifest\.json$"
    with pytest.raises(DataError, match=message):
        translator(["abcdef", ""])

"""The conformance suite of tokenizers."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s2s_toolkit.config_sections import TextConfig
from s2s_toolkit.errors import UnsupportedError
from s2s_toolkit.exporter import TextTranslator
from s2s_toolkit.loading import load_translator
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import Run
from s2s_toolkit.segmentation import MARK
from s2s_toolkit.symbols import EOS, SPECIAL
from s2s_toolkit.testing.repeatable import REPEATABLE
from s2s_toolkit.testing.requirements import Inapplicable, onnx_exporter, unavailable
from s2s_toolkit.testing.suite import Suite
from s2s_toolkit.testing.untrained_runs import assert_translations_agree, write_run
from s2s_toolkit.text import load_side, load_tokenizer
from s2s_toolkit.tokenizers import TAB, WHITESPACE, LearningTokenizer, Tokenizer, learns, segmentation, tag_separators

CODE_POINTS = ("",)
"""The separators at which text falls into its code points."""

HOSTILE = (
    "",
    " ",
    "a",
    "two words",
    "  spaces \t before,  between\u3000and after \n",
    "V;PST;;3;SG|x_y-z+.*[a]\\s+$^",
    "walk\tV;PST;;3\tSG; \t",
    "e\u0301 \u0301e",
    "\U0001f469\u200d\U0001f680 \U0001f1e9\U0001f1ea",
    "\u05e9\u05dc\u05d5\u05dd \u202eabc\u202c",
    "a\u200bb\ufeffc\u00add",
    "\ud55c\uae00 \u1112\u1161\u11ab",
    "<pad> <unk> <s> </s>",
    "NUL \x00 and \x7f",
    WHITESPACE,
    "a" * 150,
    f"{MARK} {MARK}a{MARK}",
)
"""Texts that have broken tokenizers: what is empty, combines, joins, has no width, or reads like a special symbol."""

LESSONS = HOSTILE * 2
"""What a tokenizer that learns learns from: each text twice, since what occurs once may not count."""


def each_text(test: Callable[..., None]) -> Callable[..., None]:
    """Run a test on texts of any code points, and of those that texts mostly consist of."""
    common = st.text(st.sampled_from("ab;|_-.\u0301\u200b\N{GRINNING FACE}" + WHITESPACE))
    return REPEATABLE(given(text=st.sampled_from(HOSTILE) | st.text() | common)(test))


class TokenizerSuite(Suite):
    """What is expected of a tokenizer; `s2s_toolkit.tokenizers.Tokenizer` says what it is."""

    kind = "tokenizer"

    @pytest.fixture
    def tokenizer(self, registry: Registry) -> Tokenizer:
        """The tokenizer, made as a config makes it; one that learns has learnt."""
        return self._made(registry)

    @pytest.fixture
    def learner(self, registry: Registry) -> LearningTokenizer:
        """The tokenizer, if it learns, before it has learnt."""
        made = load_tokenizer(self._config(), registry)
        if not learns(made):
            raise Inapplicable(f"{self.name} has nothing to learn")
        return made

    def _config(self) -> TextConfig:
        return TextConfig.model_validate({"tokenizer": {"name": self.name, **self.options}})

    def _made(self, registry: Registry) -> Tokenizer:
        try:
            return load_side(self._config(), registry).taught(LESSONS).tokenizer
        except UnsupportedError as error:
            unavailable(str(error))

    @pytest.fixture
    def run(self, tokenizer: Tokenizer, registry: Registry, tmp_path: Path) -> Run:
        """A run whose source and target it cuts."""
        symbols = [symbol for text in HOSTILE for symbol in tokenizer.split(text)]
        return write_run(
            tmp_path / "run",
            registry,
            source=self._config().tokenizer,
            target=self._config().tokenizer,
            source_symbols=symbols,
            target_symbols=symbols,
            lessons=LESSONS,
        )

    def test_separators_are_strings(self, tokenizer: Tokenizer) -> None:
        """`separator` is one string, `separators` a tuple of at least one; of both and "▁" where words are cut."""
        assert isinstance(tokenizer.separator, str), f"separator is {tokenizer.separator!r}"
        assert isinstance(tokenizer.separators, tuple), f"separators is a {type(tokenizer.separators).__name__}"
        assert tokenizer.separators, "without a separator, every text is one symbol"
        for separator in (*tokenizer.separators, *tag_separators(tokenizer)):
            assert isinstance(separator, str), f"one of the separators is {separator!r}"
        if "" in tokenizer.separators:
            assert tokenizer.separators == CODE_POINTS, "the empty string parts all code points; nothing else is cut at"
        if segmentation(tokenizer):
            for needed in (MARK, tokenizer.separator):
                assert needed in tokenizer.separators, f"it has a segmentation, so {needed!r} has to part words"

    def test_empty_text_has_no_symbols(self, tokenizer: Tokenizer) -> None:
        """And no symbols are the empty text."""
        assert tokenizer.split("") == [], "an empty text has a symbol"
        assert tokenizer.join([]) == "", "no symbols are joined to a text"

    @each_text
    def test_symbols_are_strings_and_not_empty(self, tokenizer: Tokenizer, text: str) -> None:
        """A list of `str`."""
        symbols = tokenizer.split(text)
        assert isinstance(symbols, list), f"split gives a {type(symbols).__name__}"
        for symbol in symbols:
            assert type(symbol) is str, f"a symbol is a {type(symbol).__name__}"
            assert symbol, "a symbol is empty"

    @each_text
    def test_joined_symbols_are_split_again(self, tokenizer: Tokenizer, text: str) -> None:
        """Splitting what was joined gives the same symbols, so that references and translations can be compared."""
        symbols = tokenizer.split(text)
        again = tokenizer.split(tokenizer.join(symbols))
        assert again == symbols, f"{symbols} joined and split again are {again}"

    @each_text
    def test_one_text_has_one_result(self, tokenizer: Tokenizer, registry: Registry, text: str) -> None:
        """Nothing is remembered from another text, and nothing is drawn."""
        other = self._made(registry)
        symbols = tokenizer.split(text)
        joined = tokenizer.join(symbols)
        for each in (tokenizer, other):
            assert each.split(text) == symbols, f"{text!r} is cut in two ways"
            assert each.join(symbols) == joined, f"{symbols} are joined in two ways"

    @each_text
    def test_separators_say_where_text_is_cut(self, tokenizer: Tokenizer, text: str) -> None:
        """The exported file cuts at each of `separators` and drops what is empty, then by a segmentation; so split."""
        symbols, pieces = tokenizer.split(text), cut_with_tags(text, tokenizer)
        if cutting := segmentation(tokenizer):
            pieces = [piece for word in pieces for piece in cutting.cut(MARK + word)]
        assert symbols == pieces, f"split cuts {text!r} into {symbols}, `separators` into {pieces}"

    @each_text
    def test_separator_says_how_symbols_are_joined(self, tokenizer: Tokenizer, text: str) -> None:
        """The exported file puts `separator` between symbols, or for each "▁" but a first one; so does `join`."""
        symbols = tokenizer.split(text)
        joined, expected = tokenizer.join(symbols), tokenizer.separator.join(symbols)
        if segmentation(tokenizer):
            separator = tokenizer.separator
            expected = "".join(symbols).replace(MARK, separator).removeprefix(separator)
        assert joined == expected, f"join makes {joined!r} of {symbols}, `separator` makes {expected!r}"

    def test_learning_can_be_repeated(self, learner: LearningTokenizer, tokenizer: Tokenizer) -> None:
        """The same texts teach the same, and whoever teaches another tokenizer keeps the one at hand as it was."""
        assert learner.state is None, f"it has the state {learner.state} before it has learnt"
        again = learner.learned(LESSONS)
        assert learner.state is None, "it learns itself, where `learned` has to give another tokenizer"
        assert again.state == state_of(tokenizer), f"it learns {again.state} and {state_of(tokenizer)}"

    def test_what_was_learned_is_kept(self, learner: LearningTokenizer, tokenizer: Tokenizer) -> None:
        """The state is an object of JSON, and all that a tokenizer has to know to split and join as before."""
        restored = learner.restored(json.loads(json.dumps(state_of(tokenizer))))
        assert restored.state == state_of(tokenizer), f"{state_of(tokenizer)} is restored as {restored.state}"
        for text in HOSTILE:
            symbols, found = tokenizer.split(text), restored.split(text)
            assert found == symbols, f"restored from its state, it cuts {text!r} into {found}, not {symbols}"
            assert restored.join(symbols) == tokenizer.join(symbols), f"restored, it joins {symbols} differently"

    def test_exported_file_cuts_alike(self, tokenizer: Tokenizer, run: Run, registry: Registry) -> None:
        """The symbols of a source, as the file says that it read them, are those of `split`."""
        for text, found in zip(HOSTILE, exported(run, registry)(HOSTILE), strict=True):
            symbols = (*tokenizer.split(text), SPECIAL[EOS])
            assert found.source_symbols == symbols, f"the file cuts {text!r} into {found.source_symbols}, not {symbols}"

    def test_exported_file_joins_alike(self, tokenizer: Tokenizer, run: Run, registry: Registry) -> None:
        """The text of a target is that of `join`; a prefix is cut as by `split`."""
        file, model = exported(run, registry), load_translator(run, registry)
        for prefixes in ([], [tokenizer.join(tokenizer.split(text)[:3]) for text in HOSTILE]):
            assert_translations_agree(file(HOSTILE, prefixes), model(HOSTILE, prefixes), "the file")


def cut_with_tags(text: str, tokenizer: Tokenizer) -> list[str]:
    """The pieces of a text as the exported file cuts it, where a tokenizer has `tag_separators` too."""
    if not (between := tag_separators(tokenizer)):
        return cut(text, tokenizer.separators)
    text, _, tags = text.partition(TAB)
    return [*cut(text, tokenizer.separators), *(TAB + tag for tag in cut(tags, between))]


def state_of(tokenizer: Tokenizer) -> Any:
    """What a tokenizer that learns has learnt."""
    return tokenizer.state if learns(tokenizer) else None


def cut(text: str, separators: Sequence[str]) -> list[str]:
    """The pieces of a text as the exported file cuts it: at one separator after the other."""
    if tuple(separators) == CODE_POINTS:
        return list(text)
    pieces = [text]
    for separator in separators:
        pieces = [part for piece in pieces for part in piece.split(separator)]
    return [piece for piece in pieces if piece]


def exported(run: Run, registry: Registry) -> TextTranslator:
    """The file that `s2s export` makes of a run, opened."""
    exporter, path = onnx_exporter(registry), run.path / "model.onnx"
    exporter.export(run, path, registry, framework="", strategy="", options={})
    return exporter.open(path, registry, {}, device="cpu")

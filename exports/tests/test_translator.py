"""The translator of an exported file, as an app uses it."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import s2s_onnx
from s2s_onnx.translator import Translator
from s2s_toolkit.errors import ConfigError, DataError
from s2s_toolkit.run import Run
from s2s_toolkit.strategies.beam import BeamSearch
from s2s_toolkit.strategies.sample import Sample
from s2s_toolkit.translation import Translation

TEXTS = ["gfedcba", "", "ab", "a b c d e f g", "ab", "<unk>", "é" * 11]

Exported = Callable[..., Path]


@pytest.fixture(scope="module")
def path(exported: Exported) -> Path:
    return exported("beam", beam_size=3, n_best=2)


@pytest.fixture(scope="module")
def translator(path: Path) -> Translator:
    return Translator(path, num_threads=1)


@pytest.fixture(scope="module")
def sampler(exported: Exported) -> Translator:
    return Translator(exported("sample", num_samples=2), num_threads=1)


def texts_of(translations: list[Translation]) -> list[str]:
    return [translation.text for translation in translations]


def test_package_offers_the_translator() -> None:
    assert s2s_onnx.Translator is Translator
    with pytest.raises(AttributeError, match="no attribute 'Translater'"):
        s2s_onnx.Translater  # noqa: B018


def test_translations_keep_the_order_of_the_texts(translator: Translator) -> None:
    together = translator(TEXTS)
    alone = [translator([text])[0] for text in TEXTS]
    assert texts_of(together) == texts_of(alone)
    assert [len(t.source_symbols) for t in together] == [len(text) + 1 for text in TEXTS]


@pytest.mark.parametrize("batch_size", [1, 2, 100])
def test_batch_size_changes_nothing(path: Path, translator: Translator, batch_size: int) -> None:
    found = Translator(path, batch_size=batch_size)(TEXTS)
    for one, other in zip(found, translator(TEXTS), strict=True):
        assert one.text == other.text
        np.testing.assert_allclose(one.attention, other.attention, atol=1e-6)


def test_no_texts_give_no_translations(translator: Translator) -> None:
    assert translator([]) == []


def test_translation_holds_plain_values(translator: Translator) -> None:
    """So that it can become JSON: no string or number of numpy."""
    translation = translator(["abc"])[0]
    assert {type(translation.text), *map(type, translation.symbols), *map(type, translation.source_symbols)} == {str}
    assert type(translation.score) is float
    assert translation.attention.shape == (len(translation.symbols), len(translation.source_symbols))
    np.testing.assert_allclose(translation.attention.sum(axis=1), 1, atol=1e-6)
    assert len(translation.alternatives) == 1
    assert translation.score >= translation.alternatives[0].score


def test_settings_of_a_call_overlay_those_of_the_translator(path: Path, translator: Translator) -> None:
    short = Translator(path, {"max_length": 2})
    assert max(len(t.symbols) for t in short(TEXTS)) == 2
    assert texts_of(short(TEXTS, max_length=9)) == texts_of(translator(TEXTS))
    assert max(len(t.symbols) for t in short(TEXTS)) == 2


def test_defaults_are_told(translator: Translator, sampler: Translator) -> None:
    lengths = {"max_length": 9, "min_length": 0}
    assert translator.defaults == {"length_penalty": 0.0} | lengths
    assert sampler.defaults == {"seed": 1, "temperature": 1.0, "top_k": 0, "top_p": 1.0} | lengths


def test_a_seed_gives_one_sample(sampler: Translator) -> None:
    assert texts_of(sampler(TEXTS, seed=5)) == texts_of(sampler(TEXTS, seed=5))
    assert texts_of(sampler(TEXTS, seed=5)) != texts_of(sampler(TEXTS, seed=6))


def test_numbers_of_numpy_are_settings_too(translator: Translator) -> None:
    found = translator(TEXTS, max_length=np.int64(3), length_penalty=np.float32(1))
    assert texts_of(found) == texts_of(translator(TEXTS, max_length=3, length_penalty=1))


REFUSED = [
    (
        {"beam_size": 5},
        "'beam_size' of .* is fixed at 3; export anew to change it; what a call can set: length_penalty, max",
    ),
    ({"temperature": 0.5}, "'temperature' of .* is unknown; what a call can set: length_penalty, max_length"),
    ({"max_length": 2.0}, "'max_length' takes an integer, given 2.0"),
    ({"max_length": True}, "'max_length' takes an integer, given True"),
    ({"max_length": "9"}, "'max_length' takes an integer, given '9'"),
    ({"max_length": 0}, "max_length must be at least 1, given 0"),
    ({"min_length": 10}, "min_length must lie between 0 and max_length, which is 9; given 10"),
    ({"max_length": 2**70}, "'max_length' lies between"),
    ({"length_penalty": None}, "'length_penalty' takes a number, given None"),
    ({"length_penalty": float("nan")}, "'length_penalty' lies between"),
    ({"length_penalty": 1e300}, "'length_penalty' lies between"),
    ({"length_penalty": -1}, "length_penalty must be at least 0, given -1"),
]


@pytest.mark.parametrize(("settings", "message"), REFUSED)
def test_setting_that_cannot_work_is_refused(
    path: Path, translator: Translator, settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        translator(TEXTS, **settings)
    with pytest.raises(ConfigError, match=message):
        Translator(path, settings)


@pytest.mark.parametrize("value", [-1, 0, 0.5, 1, 2, 2**31])
def test_values_are_refused_as_the_strategies_refuse_them(
    translator: Translator, sampler: Translator, value: float
) -> None:
    for strategy, file in ((BeamSearch, translator), (Sample, sampler)):
        for name, default in strategy().settings.items():
            if isinstance(value, int) or isinstance(default, float):
                assert accepts(partial(file, ["ab"]), name, value) == accepts(strategy, name, value)


def accepts(function: Callable[..., object], name: str, value: float) -> bool:
    try:
        function(**{name: value})
    except (ValueError, ConfigError):
        return False
    return True


BAD_TEXTS = [
    ("25 December", "put it in brackets"),
    (b"abc", "put it in brackets"),
    (["ab", None], "one of them is None"),
    (["ab", b"ab"], "one of them is b'ab'"),
    (["ab", "half \ud83d of one"], "half of a surrogate pair"),
    (["\udc4d"], "half of a surrogate pair"),
]


@pytest.mark.parametrize(("texts", "message"), BAD_TEXTS)
def test_what_is_no_list_of_texts_is_refused(translator: Translator, texts: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        translator(texts)


BAD_PREFIXES = [
    (["uv"], "expected a prefix for each of 2 texts, or none at all; given 1"),
    ("uv", "put it in brackets"),
    (["uv", None], "one of them is None"),
    (["uv", "\udc4d"], "text 2: prefix .* holds half of a surrogate pair"),
]


@pytest.mark.parametrize(("prefixes", "message"), BAD_PREFIXES)
def test_prefixes_that_do_not_fit_the_texts_are_refused(translator: Translator, prefixes: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        translator(["ab", "c"], prefixes)


def test_prefixes_stay_with_their_texts(translator: Translator) -> None:
    """Texts are decoded in the order of their lengths."""
    texts, prefixes = ["gfedcba", "", "ab", "abcd"], ["z", "uv w", "", "né"]
    together = translator(texts, prefixes)
    assert [found.text for found in together] == [
        translator([text], [prefix])[0].text for text, prefix in zip(texts, prefixes, strict=True)
    ]
    assert all(found.text.startswith(prefix) for found, prefix in zip(together, prefixes, strict=True))


def test_metadata_says_how_the_file_was_made_and_holds_no_path(translator: Translator, run: Run) -> None:
    metadata = translator.metadata
    assert metadata["strategy"] == "beam"
    assert {name: metadata["fixed"][name] for name in ("beam_size", "n_best")} == {"beam_size": 3, "n_best": 2}
    assert metadata["source_symbols"] == len(run.source.vocabulary)
    assert (metadata["precision"], metadata["input"], metadata["opset"]) == ("fp32", "text", 21)
    assert metadata["verification"]["framework"] == "numpy"
    content = translator.path.read_bytes()
    for place in (run.path, Path.cwd(), Path.home(), Path(__file__).parent, "gone.tsv"):
        assert str(place).encode() not in content

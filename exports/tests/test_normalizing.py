"""The graph normalises as Python does: every code point, and any code points side by side."""

import unicodedata
from collections.abc import Callable
from functools import cache

import numpy as np
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spox import Tensor, argument, build

from s2s_onnx.graph.opset import IR_VERSION
from s2s_onnx.text.normalizing import normalize
from s2s_onnx.text.strings import join
from s2s_onnx.text.unicode_tables import combining_classes, compositions
from s2s_toolkit.normalization import Normalization

FORMS = ["", "nfc", "nfd", "nfkc", "nfkd"]
EVERY = [Normalization(form, lowercase) for form in FORMS for lowercase in (False, True)]
ASSIGNED = [point for point in map(chr, range(0x110000)) if unicodedata.category(point) not in ("Cn", "Co", "Cs")]

marks, pairs = st.sampled_from(sorted(combining_classes())), st.sampled_from(sorted(compositions()))
hangul = st.characters(min_codepoint=0x1100, max_codepoint=0x11FF) | st.characters(
    min_codepoint=0xAC00, max_codepoint=0xD7A3
)
pieces = st.characters(exclude_categories=["Cs"]) | marks | pairs | hangul | st.sampled_from("aoωİJΣﷺ\x00 ")
texts = st.lists(st.lists(pieces, max_size=9).map("".join), min_size=1, max_size=5)


@pytest.fixture(scope="module", params=EVERY, ids=str)
def normalization(request: pytest.FixtureRequest) -> Normalization:
    return request.param


@pytest.fixture(scope="module")
def found(normalization: Normalization) -> Callable[[list[str]], list[str]]:
    return graph_of(normalization)


@cache
def graph_of(normalization: Normalization) -> Callable[[list[str]], list[str]]:
    text = argument(Tensor(np.str_, ("B",)))
    return runner(build({"text": text}, {"result": normalize(text, normalization)}))


def runner(model: object) -> Callable[[list[str]], list[str]]:
    model.ir_version = IR_VERSION
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return lambda texts: session.run(None, {"text": np.array(texts, dtype=object)})[0].tolist()


def test_every_character_is_normalised_alike(
    normalization: Normalization, found: Callable[[list[str]], list[str]]
) -> None:
    for start in range(0, len(ASSIGNED), 2048):
        points = ASSIGNED[start : start + 2048]
        assert found(points) == [normalization(point) for point in points]


@settings(max_examples=150, deadline=None)
@given(texts=texts)
def test_any_text_is_normalised_alike(
    normalization: Normalization, found: Callable[[list[str]], list[str]], texts: list[str]
) -> None:
    assert found(texts) == [normalization(text) for text in texts]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\u0302\u0323", "ậ"),  # out of order
        ("a\u0327\u0302", "â\u0327"),  # past a mark of a lower class
        ("a\u0305\u0302", "a\u0305\u0302"),  # blocked by one of the same class
        ("\u0302a", "\u0302a"),  # a mark without a starter
        ("\u1112\u1161\u11ab\u1100", "한\u1100"),
        ("ᄒ\u0301\u1161", "ᄒ\u0301\u1161"),  # a letter joins only what stands right before it
        ("\u0958\u2126\u0344", "\u0915\u093cΩ\u0308\u0301"),  # decomposed for good
        ("ω\u0314\u0342\u0345", "ᾧ"),
    ],
)
def test_composition_by_hand(text: str, expected: str) -> None:
    assert unicodedata.normalize("NFC", text) == expected
    assert graph_of(Normalization("nfc"))([text, "", text + "a"]) == [expected, "", expected + "a"]


@pytest.mark.parametrize("text", ["a" + "\u0301\u0323" * 5_000, "A\x00É\u0301ﷺ한 " * 300], ids=["marks", "mixed"])
def test_long_text_is_normalised_alike(text: str) -> None:
    for normalization in (Normalization("nfkc", lowercase=True), Normalization("nfd")):
        assert graph_of(normalization)([text]) == [normalization(text)]


@pytest.mark.parametrize("shape", [(3, 5), (3, 0), (2, 3, 7), (1, 1), (1, 8), (5, 9)], ids=str)
def test_pieces_are_joined_along_the_last_axis(shape: tuple[int, ...]) -> None:
    words = np.array([f"{number}\x00" for number in range(np.prod(shape))], dtype=object).reshape(shape)
    text = argument(Tensor(np.str_, tuple("ABC"[: len(shape)])))
    joined = np.empty(shape[:-1], dtype=object)
    for place in np.ndindex(shape[:-1]):
        joined[place] = "".join(words[place])
    assert runner(build({"text": text}, {"result": join(text)}))(words) == joined.tolist()

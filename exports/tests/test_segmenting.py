"""The graph cuts words into pieces as a segmentation does in Python."""

import numpy as np
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spox import Tensor, argument, build

from s2s_onnx.graph.opset import IR_VERSION
from s2s_onnx.text.segmenting import segment
from s2s_toolkit.errors import UnsupportedError
from s2s_toolkit.segmentation import MARK, Merges, Unigram

LETTERS = "ab한\u1112\u1161\u0301\U0001f44d"
MERGES = Merges(
    (
        *(("ab", "a"), (MARK, "a"), ("a", "b"), ("b", "a"), ("a", "ba"), (MARK + "a", "b"), ("aba", "aba")),
        *(("\u1112", "\u1161"), ("한", "\u0301"), ("\U0001f44d", "\U0001f44d"), ("a", "\u1112\u1161"), ("b", "\x00")),
    )
)
UNIGRAM = Unigram(
    {
        MARK: -2.0,
        "a": -1.0,
        "b": -1.5,
        "ab": -2.5,
        "ba": -2.25,
        MARK + "a": -2.5,
        MARK + "ab": -4.0,
        "abab": -4.0,
        "\u1112\u1161": -3.1,
        "\u1161": -0.3,
        "한\u0301": -7.7,
        "\U0001f44d" * 3: -2.9,
        "z" * 16: -1.1,
        "\x00": -0.2,
    }
)
SEGMENTATIONS = {
    "merges": MERGES,
    "no merges": Merges(()),
    "unigram": UNIGRAM,
    "one character": Unigram({"a": -0.1}),
}
AWKWARD = [
    [[]],
    [[], [], []],
    [["a"], [], ["ababab", "", "ab"]],
    [["z" * 50, "a" * 200, "ab" * 70]],
    [["\u1112\u1161\u11ab", "e\u0301\u0301"], ["\U0001f44d" * 7]],
    [["\x00", "b\x00", "a\x00\x00", "\ufeff", "<unk>"]],
]

words = st.text(st.sampled_from(LETTERS + "zab"), min_size=1, max_size=20) | st.text(
    st.characters(exclude_categories=["Cs"]), min_size=1, max_size=9
)
batches = st.lists(st.lists(words, max_size=5), min_size=1, max_size=5)


@pytest.fixture(scope="module", params=SEGMENTATIONS)
def segmentation(request: pytest.FixtureRequest) -> Merges | Unigram:
    return SEGMENTATIONS[request.param]


@pytest.fixture(scope="module")
def graph(segmentation: Merges | Unigram) -> onnxruntime.InferenceSession:
    given = argument(Tensor(np.str_, ("B", "W")))
    model = build({"words": given}, {"pieces": segment(given, segmentation)})
    model.ir_version = IR_VERSION
    return onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])


def assert_cut_alike(graph: onnxruntime.InferenceSession, segmentation: Merges | Unigram, rows: list) -> None:
    width = max(map(len, rows))
    given = np.array([row + [""] * (width - len(row)) for row in rows], object).reshape(len(rows), width)
    (found,) = graph.run(None, {"words": given})
    expected = [[piece for word in row if word for piece in segmentation.cut(MARK + word)] for row in rows]
    longest = max(map(len, expected))
    assert found.shape == (len(rows), longest)
    assert found.tolist() == [row + [""] * (longest - len(row)) for row in expected]


@pytest.mark.parametrize("rows", AWKWARD, ids=lambda rows: repr(rows)[:12])
def test_awkward_words_are_cut_alike(graph, segmentation, rows) -> None:
    assert_cut_alike(graph, segmentation, rows)


@settings(max_examples=150, deadline=None)
@given(rows=batches)
def test_any_words_are_cut_alike(graph, segmentation, rows) -> None:
    assert_cut_alike(graph, segmentation, rows)


def test_another_way_to_cut_words_is_refused() -> None:
    with pytest.raises(UnsupportedError, match=r"no graph cuts words as str does, only as Merges and Unigram"):
        segment(argument(Tensor(np.str_, ("B", "W"))), "by heart")

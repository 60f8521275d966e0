"""What counts as the same translation, and what does not."""

from dataclasses import replace

import numpy as np
import pytest

from s2s_onnx.verification.agreement import Agreement, compare_translations
from s2s_onnx.verification.cases import given_cases
from s2s_toolkit.corpus import Pair
from s2s_toolkit.translation import Translation


def translation(symbols: str, *others: Translation, score: float = -3.0) -> Translation:
    steps = len(symbols)
    return Translation(
        text=symbols,
        score=score,
        symbols=tuple(symbols),
        source_symbols=("a", "</s>"),
        token_log_probs=np.full(steps, score / steps),
        attention=np.full((steps, 2), [0.25, 0.75], np.float32),
        alignment=(1,) * steps,
        alternatives=others,
    )


PLAIN = translation("xyz")


def test_equal_translations_differ_in_nothing() -> None:
    differences, apart = compare_translations("line 7", PLAIN, PLAIN)
    assert apart == ""
    assert {name: (found.num_values, found.greatest) for name, found in differences.items()} == {
        "scores": (1, 0.0),
        "token_log_probs": (3, 0.0),
        "attention": (6, 0.0),
        "alignment": (3, 0.0),
    }


def test_differences_say_where_they_are() -> None:
    attention = np.array(PLAIN.attention)
    attention[1, 0] += 0.125
    ours = replace(PLAIN, score=-3.3, token_log_probs=np.array([-1.0, -1.0, -1.5]), attention=attention)
    differences, _ = compare_translations("line 7", ours, PLAIN)
    assert (differences["scores"].greatest, differences["scores"].where) == (pytest.approx(0.1), "line 7")
    assert differences["token_log_probs"].where == "line 7, target symbol 3"
    assert (differences["attention"].greatest, differences["attention"].where) == (0.125, "line 7, target symbol 2")


def test_alignment_is_as_wrong_as_the_attention_it_misses() -> None:
    ours = replace(PLAIN, alignment=(1, 0, 1))
    found = compare_translations("line 7", ours, PLAIN)[0]["alignment"]
    assert (found.greatest, found.where) == (0.5, "line 7, target symbol 2")
    halves = replace(PLAIN, attention=np.full((3, 2), 0.5))
    assert compare_translations("line 7", ours, halves)[0]["alignment"].greatest == 0.0
    nowhere = replace(PLAIN, alignment=(1, 1, 2))
    assert np.isnan(compare_translations("line 7", nowhere, PLAIN)[0]["alignment"].greatest)


def test_attention_on_padding_has_to_be_zero() -> None:
    padded = np.pad(PLAIN.attention, ((0, 0), (0, 3)))
    ours = replace(PLAIN, attention=padded, source_symbols=())
    assert compare_translations("line 7", ours, PLAIN)[0]["attention"].greatest == 0.0
    padded[2, 4] = 0.25
    assert compare_translations("line 7", ours, PLAIN)[0]["attention"].greatest == 0.25


def test_what_the_file_leaves_out_is_not_compared() -> None:
    ours = replace(PLAIN, token_log_probs=None, attention=None, alignment=None, source_symbols=())
    differences, apart = compare_translations("line 7", ours, PLAIN)
    assert (list(differences), apart) == (["scores"], "")


APART = {
    "another symbol": (
        translation("xyw", score=-3.1),
        "line 7, target symbol 3: 'xyw' at -3.100000 and 'xyz' at -3.000000",
    ),
    "a longer target": (translation("xyzw"), "line 7, target symbol 4: 'xyzw' at -3.000000 and 'xyz' at -3.000000"),
    "another text of the same symbols": (
        replace(PLAIN, text="x y z"),
        "line 7, the same symbols: 'x y z' at -3.000000 and 'xyz' at -3.000000",
    ),
    "more results": (translation("xyz", PLAIN), "line 7: 2 results and 1"),
    "another source": (
        replace(PLAIN, source_symbols=("b", "</s>")),
        "line 7: the source is read as ('b', '</s>') and ('a', '</s>')",
    ),
}


@pytest.mark.parametrize("name", APART)
def test_what_is_another_text_is_said(name: str) -> None:
    ours, expected = APART[name]
    assert compare_translations("line 7", ours, PLAIN)[1] == expected


def test_alternatives_are_compared_too() -> None:
    ours, theirs = (translation("x", translation(symbols)) for symbols in ("xy", "xw"))
    differences, apart = compare_translations("line 7", ours, theirs)
    assert apart.startswith("line 7, result 2, target symbol 2: ")
    assert differences["scores"].num_values == 1, "the first result was compared all the same"


def test_ties_are_counted_up_to_the_first_error() -> None:
    asked = []

    def is_tie(text: str, found: Translation) -> bool:
        asked.append(text)
        return found.text == "tie"

    cases = given_cases([Pair(text, "") for text in "abcde"])
    ours = [PLAIN, translation("tie"), translation("no"), translation("tie"), PLAIN]
    found = Agreement(is_tie)
    found.add(cases, ours, [PLAIN] * 5)
    assert (found.num_same, found.num_ties, asked) == (2, 1, ["b", "c"])
    assert found.first.startswith("line 2, target symbol 1: 'tie'")
    assert found.first.endswith(" (a tie)")
    assert found.error.startswith("line 3, target symbol 1: 'no'")

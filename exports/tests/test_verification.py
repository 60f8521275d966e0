"""What counts as agreement of a file and its model, and what does not."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from s2s_onnx.verification import sample_sources, verify
from s2s_toolkit.errors import S2SError
from s2s_toolkit.run import Run
from s2s_toolkit.translation import Translation


class Fixed:
    """A translator that answers with given translations, one for each source."""

    def __init__(self, *translations: Translation) -> None:
        self.translations = list(translations)

    def __call__(self, texts: object) -> list[Translation]:
        return self.translations


def translation(symbols: str, log_probs: list[float], *others: Translation, score: float | None = None) -> Translation:
    attention = np.full((len(symbols), 2), 0.5, np.float32)
    total = sum(log_probs) if score is None else score
    return Translation(symbols, total, tuple(symbols), ("a", "</s>"), np.array(log_probs), attention, others)


PLAIN = translation("xy", [-1.0, -2.0])


def test_equal_translations_are_no_tie() -> None:
    report = verify(Fixed(PLAIN), Fixed(PLAIN), ["a"])
    assert (report.num_sources, report.num_ties, report.score_difference) == (1, 0, 0.0)
    assert "ties" not in str(report)


def test_targets_of_one_score_are_a_tie() -> None:
    report = verify(Fixed(PLAIN), Fixed(translation("xz", [-2.0, -1.00001])), ["a"])
    assert report.num_ties == 1
    assert str(report).startswith("the same text for 1 sources, 1 of them ties; ")


def test_symbols_of_one_probability_are_a_tie_wherever_they_lead() -> None:
    ours = translation("wxy", [-0.5, -1.0, -2.0])
    theirs = translation("wzz", [-0.5, -1.000001, -7.0])
    assert verify(Fixed(ours), Fixed(theirs), ["a"]).num_ties == 1


def test_behind_a_tie_the_order_is_open() -> None:
    first, second = translation("x", [-1.0]), translation("y", [-1.0])
    ours = translation("x", [-1.0], second)
    theirs = translation("y", [-1.0], first)
    assert verify(Fixed(ours), Fixed(theirs), ["a"]).num_ties == 1


DISAGREEMENTS = {
    "another score": translation("xy", [-1.0, -2.0], score=-3.01),
    "no score": translation("xy", [-1.0, -2.0], score=float("nan")),
    "another symbol": translation("xz", [-1.0, -2.5]),
    "a less probable start": translation("zy", [-1.5, -2.0]),
    "a longer target": translation("xyz", [-1.0, -2.0, -1.0]),
    "other source symbols": replace(PLAIN, source_symbols=("b", "</s>")),
    "other attention": replace(PLAIN, attention=np.array([[0.5, 0.5], [0.4, 0.6]], np.float32)),
    "no attention": replace(PLAIN, attention=np.full((2, 2), np.nan, np.float32)),
}


@pytest.mark.parametrize("name", DISAGREEMENTS)
def test_what_is_no_tie_is_a_disagreement(name: str) -> None:
    with pytest.raises(S2SError, match="disagree on source 'a', result 1: "):
        verify(Fixed(PLAIN), Fixed(DISAGREEMENTS[name]), ["a"])


def test_alternatives_are_compared_too() -> None:
    ours, theirs = (translation("x", [-1.0], translation("y", [log_prob])) for log_prob in (-2.0, -2.5))
    with pytest.raises(S2SError, match=r"result 2: 'y' at -2\.000000 and 'y' at -2\.500000"):
        verify(Fixed(ours), Fixed(theirs), ["a"])


def test_sources_come_from_the_dev_pairs_where_there_are_some(run: Run, tmp_path: Path) -> None:
    pairs = tmp_path / "dev.tsv"
    pairs.write_text("".join(f"source {number}\tx\n" for number in range(9)) + "no tab\n", encoding="utf-8")
    config = run.config.model_copy(update={"data": run.config.data.model_copy(update={"dev": pairs})})
    found = sample_sources(replace(run, config=config), 5)
    assert found[:5] == [f"source {number}" for number in range(5)]
    assert found[5:] == sample_sources(run, 5)
    assert len(found) == 10

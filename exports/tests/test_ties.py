"""A text is a tie if the model, nudged, gives it too, whatever the strategy decides by."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from s2s_onnx.verification.rounding import TOLERANCE
from s2s_onnx.verification.ties import Ties
from s2s_toolkit.loading import load_translator
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import Run, load_checkpoint, save_checkpoint
from s2s_toolkit.symbols import EOS, UNK
from s2s_toolkit.translation import Translation
from s2s_toolkit.translator import Translator

FIRST = 4
"""The first symbol of a vocabulary that is no special one: "uv"; "w", "x" and "y" follow."""


@pytest.fixture
def with_logits(make_run: Callable[..., Run], registry: Registry, tmp_path: Path) -> Callable[..., Translator]:
    """Make a translator whose logits are the same at each step: those given for the first symbols, the rest far below.

    EOS can't be chosen: targets have `max_length` symbols.
    """

    def make(logits: list[float], strategy: str = "greedy", *, max_length: int = 1, **options: object) -> Translator:
        run = make_run(tmp_path / f"run {len(list(tmp_path.iterdir()))}")
        weights = load_checkpoint(run.checkpoint_path("best")).weights
        weights["output.kernel"][:] = 0
        weights["output.bias"][:] = -30
        weights["output.bias"][FIRST : FIRST + len(logits)] = logits
        weights["output.bias"][[UNK, EOS]] = -60
        save_checkpoint(run.checkpoint_path("best"), weights)
        return load_translator(run, registry, strategy=strategy, options={"max_length": max_length, **options})

    return make


def written(*symbols: str, others: tuple[Translation, ...] = ()) -> Translation:
    return Translation(" ".join(symbols), 0.0, symbols, ("a", "</s>"), alternatives=others)


@pytest.mark.parametrize(("apart", "expected"), [(0.0, True), (1e-6, True), (5e-5, True), (1e-3, False)])
def test_greedy_symbols_tie_if_their_logits_do(with_logits: Callable[..., Translator], apart: float, expected: bool):
    model = with_logits([0.5, 0.5 + apart, 0.0])
    ties = Ties(model, TOLERANCE)
    assert model(["a"])[0].text == ("w" if apart else "uv")
    assert ties("a", written("w"))
    assert ties("a", written("uv")) is expected
    assert ties("a", written("x")) is False


@pytest.mark.parametrize("strategy", ["greedy", "beam"])
def test_ties_at_several_steps_lead_either_way(with_logits: Callable[..., Translator], strategy: str) -> None:
    ties = Ties(with_logits([0.5, 0.5, 0.0], strategy, max_length=9), TOLERANCE)
    assert ties("a", written(*["w"] * 9))
    assert ties("a", written(*["uv"] * 9))
    assert not ties("a", written(*["w"] * 8, "x"))


def test_ties_that_come_out_differently_are_found(with_logits: Callable[..., Translator]) -> None:
    ties = Ties(with_logits([0.5, 0.5, 0.0], max_length=3), TOLERANCE)
    assert ties("a", written("w", "uv", "w"))


def test_order_of_results_matters(with_logits: Callable[..., Translator]) -> None:
    """The second and third of three are alike; the first is not."""
    model = with_logits([0.6, 0.5, 0.5], "beam", beam_size=3, n_best=3)
    ties = Ties(model, TOLERANCE)
    first, second, third = (written(symbol) for symbol in ("uv", "w", "x"))
    assert ties("a", replace(first, alternatives=(third, second)))
    assert not ties("a", replace(second, alternatives=(first, third)))


def test_what_is_decided_by_nothing_is_no_tie(with_logits: Callable[..., Translator]) -> None:
    """How symbols are joined, what was read, and how many results there are."""
    ties = Ties(with_logits([0.5, 0.5], max_length=2), TOLERANCE)
    tied = written("w", "w")
    assert ties("a", tied)
    assert not ties("a", replace(tied, text="ww"))
    assert not ties("a", replace(tied, source_symbols=("b", "</s>")))
    assert not ties("a", replace(tied, alternatives=(tied,)))


def test_the_last_place_in_a_beam_may_tie(with_logits: Callable[..., Translator]) -> None:
    ties = Ties(with_logits([0.6, 0.5, 0.5, 0.4], "beam", beam_size=2, n_best=2), TOLERANCE)
    assert ties("a", written("uv", others=(written("x"),)))
    assert not ties("a", written("uv", others=(written("y"),)))


def test_the_cut_of_a_sample_may_tie(with_logits: Callable[..., Translator]) -> None:
    """Two symbols make up 0.8 of the probability: whether top_p = 0.8 keeps a third hangs by a hair.

    So a source for which that changes what is drawn is a tie; where the third is out by far, it is not.
    """
    logits = np.log([0.5, 0.3, 0.2]).tolist()
    cut, wider, narrow = (with_logits(logits, "sample", top_p=top_p) for top_p in (0.8, 0.85, 0.7))
    texts = ["a" * count + "b" * other for count in range(5) for other in range(5)]
    drawn = wider(texts)
    changed = [text for text, found, old in zip(texts, drawn, narrow(texts), strict=True) if found.text != old.text]
    assert changed
    by_text = dict(zip(texts, drawn, strict=True))
    assert all(Ties(cut, TOLERANCE)(text, by_text[text]) for text in changed)
    assert not any(Ties(narrow, TOLERANCE)(text, by_text[text]) for text in changed)

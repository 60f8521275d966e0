"""What a file and its model wrote for the same sources, compared."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import zip_longest

import numpy as np

from s2s_onnx.verification.cases import Case
from s2s_onnx.verification.differences import Difference, difference, merged
from s2s_toolkit.translation import Translation

LONGEST_SHOWN = 40
"""Characters of a text shown in full."""


@dataclass
class Agreement:
    """What was found so far.

    Attributes:
        is_tie: Whether the model is undecided about what the file wrote for a source.
        num_same: Sources of which all results are the same text.
        num_ties: Sources whose texts differ in a tie, up to the first whose texts differ otherwise.
        differences: Of the numbers of the results that are the same.
        first: Where and how texts differ first, or "".
        error: Where and how texts differ first and not in a tie, or "".
    """

    is_tie: Callable[[str, Translation], bool]
    num_same: int = 0
    num_ties: int = 0
    differences: dict[str, Difference] = field(default_factory=dict)
    first: str = ""
    error: str = ""

    def add(self, cases: Iterable[Case], ours: Iterable[Translation], theirs: Iterable[Translation]) -> None:
        """Compare what both wrote for some sources."""
        for case, one, other in zip(cases, ours, theirs, strict=True):
            differences, apart = compare_translations(case.place, one, other)
            self.differences = merged(self.differences, differences)
            self.num_same += not apart
            if apart:
                self._differ(apart, is_tie=not self.error and self.is_tie(case.pair.source, one))

    def _differ(self, apart: str, *, is_tie: bool) -> None:
        self.num_ties += is_tie
        self.first = self.first or apart + " (a tie)" * is_tie
        if not is_tie:
            self.error = self.error or apart


def compare_translations(place: str, ours: Translation, theirs: Translation) -> tuple[dict[str, Difference], str]:
    """Compare the results for one source, up to the first that is another text.

    Returns:
        The differences of scores, token_log_probs, attention and alignment, and "" or where and how the texts differ.
    """
    if ours.source_symbols not in ((), theirs.source_symbols):  # a file may leave them out
        return {}, f"{place}: the source is read as {_shown(ours.source_symbols)} and {_shown(theirs.source_symbols)}"
    differences: dict[str, Difference] = {}
    results = zip_longest(_results(ours), _results(theirs))
    for number, (one, other) in enumerate(results, start=1):
        here = f"{place}, result {number}" if theirs.alternatives else place
        if one is None or other is None:
            return differences, f"{here}: {len(_results(ours))} results and {len(_results(theirs))}"
        if (one.symbols, one.text) != (other.symbols, other.text):
            return differences, f"{here}, {_apart(one, other)}"
        differences = merged(differences, _differences(one, other, here))
    return differences, ""


def _results(translation: Translation) -> list[Translation]:
    return [translation, *translation.alternatives]


def _differences(ours: Translation, theirs: Translation, place: str) -> dict[str, Difference]:
    def where(step: int) -> str:
        return f"{place}, target symbol {step + 1}"

    scores = difference(np.array([ours.score]), np.array([theirs.score]), lambda _: place)
    return {"scores": scores} | {name: difference(*both, where) for name, both in _per_symbol(ours, theirs).items()}


def _per_symbol(ours: Translation, theirs: Translation) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """What there is for each target symbol, as far as both give it."""
    found = {}
    if ours.token_log_probs is not None and theirs.token_log_probs is not None:
        found["token_log_probs"] = (ours.token_log_probs, theirs.token_log_probs)
    if ours.attention is not None and theirs.attention is not None:
        found["attention"] = (ours.attention, _as_wide(theirs.attention, ours.attention))
    if ours.alignment is not None and theirs.attention is not None:
        found["alignment"] = _greatest(np.array(ours.alignment), theirs.attention)
    return found


def _as_wide(attention: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Attention (T, S) with zeros on the padding that the other has."""
    return np.pad(attention, ((0, 0), (0, max(0, other.shape[1] - attention.shape[1]))))


def _greatest(places: np.ndarray, attention: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Attention (T, S) at the places where a file has the most of it (T,), and the most: two maxima may be alike."""
    is_place = (places >= 0) & (places < attention.shape[1])
    chosen = attention[np.arange(len(attention)), np.where(is_place, places, 0)]
    return np.where(is_place, chosen, np.nan), attention.max(axis=1)


def _apart(ours: Translation, theirs: Translation) -> str:
    symbols = zip_longest(ours.symbols, theirs.symbols)
    step = next((number for number, (one, other) in enumerate(symbols, start=1) if one != other), None)
    texts = f"{_shown(ours.text)} at {ours.score:.6f} and {_shown(theirs.text)} at {theirs.score:.6f}"
    return f"target symbol {step}: {texts}" if step else f"the same symbols: {texts}"


def _shown(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= LONGEST_SHOWN else f"{shown[:LONGEST_SHOWN]}…"

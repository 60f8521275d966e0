"""Metrics of edits: which entries are right, and how far the others are from their closest references."""

from collections.abc import Callable, Sequence

from s2s_toolkit.errors import S2SError
from s2s_toolkit.metrics.contract import Metric, Tally
from s2s_toolkit.tokenizers import Words

Count = Callable[[Sequence[str], Sequence[Sequence[str]]], tuple[float, float]]
"""A hypothesis and its references -> what it adds above and below the line of a fraction."""


def closest(hypothesis: Sequence[str], references: Sequence[Sequence[str]]) -> tuple[int, Sequence[str]]:
    """The distance to the closest reference, and that reference; of equally close ones the longest, then the first.

    Levenshtein's distance: symbols that are substituted, inserted or deleted.
    """
    from rapidfuzz.distance import Levenshtein

    distances = [Levenshtein.distance(hypothesis, reference) for reference in references]
    return min(zip(distances, references, strict=True), key=lambda found: (found[0], -len(found[1])))


def per_cent(name: str, count: Count) -> Tally:
    """Sums above the line per hundred below it; S2SError where that is nothing."""

    def score(sums: Sequence[float]) -> float:
        above, below = sums
        if below == 0:
            raise S2SError(f"{name}: every reference is empty, and the rate is per reference symbol; give a longer one")
        return 100 * above / below

    return Tally(count, score)


def _right(hypothesis: Sequence[str], references: Sequence[Sequence[str]]) -> tuple[float, float]:
    """Per cent of entries whose symbols are all right."""
    return tuple(hypothesis) in map(tuple, references), 1


def _wrong(hypothesis: Sequence[str], references: Sequence[Sequence[str]]) -> tuple[float, float]:
    """Per cent of entries with any error, 100 - exact match: the word error rate of grapheme-to-phoneme conversion."""
    return tuple(hypothesis) not in map(tuple, references), 1


def _edits(hypothesis: Sequence[str], references: Sequence[Sequence[str]]) -> tuple[float, float]:
    """Levenshtein distances to the closest references, summed, per hundred symbols of those references."""
    distance, reference = closest(hypothesis, references)
    return distance, len(reference)


exact_match = Metric("exact_match", higher_is_better=True, unit="%", compute=per_cent("exact_match", _right))
"""Per cent of entries whose symbols are all right, by any of their references."""

wer = Metric("wer", higher_is_better=False, unit="%", compute=per_cent("wer", _wrong))
"""Per cent of entries with any error, 100 - exact match.

This is the word error rate of the grapheme-to-phoneme literature, where an entry is a word (SIGMORPHON shared tasks).
It is not the edit distance over the words of a sentence, which is `word_edit_rate`.
"""

ser = Metric("ser", higher_is_better=False, unit="%", compute=per_cent("ser", _edits))
"""Symbol error rate: Levenshtein distances to the closest references, summed, per hundred symbols of those.

On phones it is the phone error rate. It may exceed 100.
"""


def cer(*, lowercase: bool = False) -> Metric:
    """Character error rate: edits of the text per hundred characters of the closest references, spaces among them.

    Args:
        lowercase: Tell no capitals from small letters.
    """

    def count(hypothesis: Sequence[str], references: Sequence[Sequence[str]]) -> tuple[float, float]:
        return _edits(_text(hypothesis, lowercase), [_text(each, lowercase) for each in references])

    return Metric("cer", higher_is_better=False, unit="%", compute=per_cent("cer", count), on_text=True)


def word_edit_rate(*, lowercase: bool = False) -> Metric:
    """Edits of the text's words per hundred words of the closest references, words as white space parts them.

    In speech recognition it is the word error rate; `wer` is that of grapheme-to-phoneme conversion.

    Args:
        lowercase: Tell no capitals from small letters.
    """
    words = Words()

    def count(hypothesis: Sequence[str], references: Sequence[Sequence[str]]) -> tuple[float, float]:
        split = [words.split(_text(text, lowercase)) for text in (hypothesis, *references)]
        return _edits(split[0], split[1:])

    rate = per_cent("word_edit_rate", count)
    return Metric("word_edit_rate", higher_is_better=False, unit="%", compute=rate, on_text=True)


def _text(text: Sequence[str], lowercase: bool) -> str:
    return "".join(text).lower() if lowercase else "".join(text)

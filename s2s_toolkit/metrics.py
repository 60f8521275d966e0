"""Metrics: how well do hypotheses match their references?"""

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from s2s_toolkit.errors import S2SError, UnsupportedError

Sequences = Sequence[Sequence[str]]
"""The symbols of every entry."""


@dataclass(frozen=True)
class Metric:
    """A number for a whole test set: `metric(hypotheses, references)`.

    Attributes:
        name: What a config or the command line calls it.
        higher_is_better: Which of two models it prefers.
        unit: What to print after the number.
        compute: The definition; it may rely on at least one entry and on one hypothesis for each reference.
    """

    name: str
    higher_is_better: bool
    unit: str
    compute: Callable[[Sequences, Sequences], float]

    def __call__(self, hypotheses: Sequences, references: Sequences) -> float:
        """Compare the symbols of each hypothesis with those of its reference; S2SError unless there is one for each."""
        if len(hypotheses) != len(references):
            given = f"{len(hypotheses)} hypotheses for {len(references)} references"
            raise S2SError(f"{self.name}: {given}; give one for each")
        if not references:
            raise S2SError(f"{self.name}: no entry to compare; give at least one")
        return self.compute(hypotheses, references)


def _exact_match(hypotheses: Sequences, references: Sequences) -> float:
    return 100 * (len(references) - _wrong(hypotheses, references)) / len(references)


def _word_error_rate(hypotheses: Sequences, references: Sequences) -> float:
    return 100 * _wrong(hypotheses, references) / len(references)


def _symbol_error_rate(hypotheses: Sequences, references: Sequences) -> float:
    from rapidfuzz.distance import Levenshtein

    num_symbols = sum(map(len, references))
    if num_symbols == 0:
        raise S2SError("ser: every reference is empty, and the rate is per reference symbol; give one that is not")
    return 100 * sum(map(Levenshtein.distance, hypotheses, references)) / num_symbols


def _bleu(hypotheses: Sequences, references: Sequences) -> float:
    try:
        from sacrebleu import corpus_bleu
    except ImportError as error:
        raise UnsupportedError('bleu needs sacrebleu; pip install "s2s-toolkit[bleu]"') from error
    joined = ([" ".join(symbols) for symbols in entries] for entries in (hypotheses, references))
    written, wanted = joined
    return corpus_bleu(written, [wanted], tokenize="none", force=True).score


def _wrong(hypotheses: Sequences, references: Sequences) -> int:
    return sum(map(operator.ne, map(tuple, hypotheses), map(tuple, references)))


exact_match = Metric("exact_match", higher_is_better=True, unit="%", compute=_exact_match)
"""Per cent of entries whose symbols are all right."""

wer = Metric("wer", higher_is_better=False, unit="%", compute=_word_error_rate)
"""Per cent of entries with any error, 100 - exact match.

This is the word error rate of the grapheme-to-phoneme literature, where an entry is a word (SIGMORPHON shared tasks).
It is not the edit distance over the words of a sentence, which `ser` gives for a corpus of words.
"""

ser = Metric("ser", higher_is_better=False, unit="%", compute=_symbol_error_rate)
"""Symbol error rate: Levenshtein distances, summed, per hundred reference symbols; it may exceed 100.

On phones it is the phone error rate, on characters the character error rate.
"""

bleu = Metric("bleu", higher_is_better=True, unit="BLEU", compute=_bleu)
"""BLEU (Papineni et al. 2002) of the symbols as they are, as sacreBLEU computes it with `tokenize="none"`.

It depends on how the target is cut into symbols: compare it between models of one vocabulary, not with published
figures of text that was put together again.
"""

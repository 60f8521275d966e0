"""Metrics: how well do hypotheses match their references?"""

import math
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from s2s_toolkit.blame import blaming, named
from s2s_toolkit.errors import PluginError, S2SError, UnsupportedError
from s2s_toolkit.registry import CORE, Offer, Registry

Sequences = Sequence[Sequence[str]]
"""The symbols of every entry."""

LOSS = "loss"
"""What `training.metric` says where no metric chooses the best checkpoint, but the loss on the dev pairs."""


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


def load_metric(name: str, registry: Registry) -> Metric:
    """A metric by name; PluginError where it is none. A plugin's is tried, and watched whenever it computes."""
    metric, offer = registry.load("metric", name), registry.find_offer("metric", name)
    if not isinstance(metric, Metric):
        raise PluginError(f"{named('metric', offer)} is a {type(metric).__name__}, not a s2s_toolkit.metrics.Metric")
    if offer.plugin == CORE:
        return metric
    watched = replace(metric, name=name, compute=partial(_watched, metric.compute, offer))
    watched([["a", "b"]], [["a", "b"]])  # what fails on any target should not fail only after an epoch
    return watched


def _watched(
    compute: Callable[[Sequences, Sequences], float], offer: Offer, hypotheses: Sequences, references: Sequences
) -> float:
    """The number that a plugin's metric gives, once it is known to be one."""
    with blaming("metric", offer):
        value = compute(hypotheses, references)
    if not isinstance(value, int | float | np.number) or not math.isfinite(value):
        pairs = f"{len(references):,} pair{'s' * (len(references) > 1)}"
        raise PluginError(f"{named('metric', offer)} gives {value!r:.40} for {pairs}, expected a finite number")
    return float(value)

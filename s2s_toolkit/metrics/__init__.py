"""Metrics: how well do hypotheses match their references?"""

from s2s_toolkit.metrics.contract import LOSS, Metric, References, Sequences, Tally
from s2s_toolkit.metrics.edits import cer, closest, exact_match, ser, wer, word_edit_rate
from s2s_toolkit.metrics.loading import load_metric

__all__ = [
    "LOSS",
    "Metric",
    "References",
    "Sequences",
    "Tally",
    "cer",
    "closest",
    "exact_match",
    "load_metric",
    "ser",
    "wer",
    "word_edit_rate",
]

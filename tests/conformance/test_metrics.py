"""The built-in metrics pass the suite that every plugin's does."""

from s2s_toolkit.testing import MetricSuite


class TestExactMatch(MetricSuite):
    name = "exact_match"


class TestWer(MetricSuite):
    name = "wer"


class TestSer(MetricSuite):
    name = "ser"


class TestBleu(MetricSuite):
    name = "bleu"


class TestCer(MetricSuite):
    name = "cer"


class TestWordEditRate(MetricSuite):
    name = "word_edit_rate"


class TestSacrebleu(MetricSuite):
    name = "sacrebleu"


class TestChrf(MetricSuite):
    name = "chrf"


class TestTer(MetricSuite):
    name = "ter"

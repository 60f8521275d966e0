"""The built-in attention scorers pass the suite that every plugin's does."""

from s2s_toolkit.testing import AttentionScorerSuite


class TestAdditive(AttentionScorerSuite):
    name = "additive"
    options = {"size": 3}


class TestConcat(AttentionScorerSuite):
    name = "concat"
    options = {"size": 3}


class TestDot(AttentionScorerSuite):
    name = "dot"
    query_size = AttentionScorerSuite.memory_size


class TestGeneral(AttentionScorerSuite):
    name = "general"


class TestScaledDot(AttentionScorerSuite):
    name = "scaled_dot"
    options = {"size": 3}

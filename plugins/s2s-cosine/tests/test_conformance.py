"""The parts are what the toolkit expects of their kinds."""

from s2s_toolkit.testing import AttentionScorerSuite, DecodingStrategySuite


class TestCosine(AttentionScorerSuite):
    name = "cosine"


class TestDiverseBeam(DecodingStrategySuite):
    name = "diverse_beam"

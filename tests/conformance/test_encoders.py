"""The built-in encoders pass the suite that every plugin's does."""

from s2s_toolkit.testing import EncoderSuite


class TestGru(EncoderSuite):
    name = "gru"
    options = {"size": 3}


class TestDeepGruThatReadsForwards(EncoderSuite):
    name = "gru"
    options = {"size": 3, "num_layers": 2, "bidirectional": False, "dropout": 0.5}


class TestLstm(EncoderSuite):
    name = "lstm"
    options = {"size": 3, "bidirectional": False}


class TestDeepLstm(EncoderSuite):
    name = "lstm"
    options = {"size": 3, "num_layers": 2, "dropout": 0.5, "layer_norm": True}

"""The built-in decoders pass the suite that every plugin's does."""

from s2s_toolkit.testing import DecoderSuite


class TestBahdanau(DecoderSuite):
    name = "bahdanau"
    options = {"size": 3}


class TestDeepBahdanauWithReadout(DecoderSuite):
    name = "bahdanau"
    options = {"size": 3, "cell": "lstm", "num_layers": 2, "dropout": 0.5, "readout_size": 4, "bridge": "zero"}
    expected_failures = {"test_first_state_depends_on_the_summary": "its bridge reads none"}


class TestLuong(DecoderSuite):
    name = "luong"
    options = {"size": 3, "cell": "lstm"}


class TestDeepLuongWithReadout(DecoderSuite):
    name = "luong"
    options = {"size": 6, "num_layers": 2, "dropout": 0.5, "readout_size": 4, "layer_norm": True, "bridge": "copy"}


class TestUnfedLuong(DecoderSuite):
    name = "luong"
    options = {"size": 3, "num_layers": 2, "cell": "lstm", "input_feeding": False}

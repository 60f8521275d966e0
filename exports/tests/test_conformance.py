"""The exporter "onnx" passes the suite that every plugin's exporter does."""

from s2s_toolkit.testing import ExporterSuite


class TestOnnx(ExporterSuite):
    name = "onnx"


class TestOnnxSteps(ExporterSuite):
    name = "onnx"
    options = {"form": "steps"}


class TestOnnxWithWeightsBeside(ExporterSuite):
    name = "onnx"
    options = {"external_data": True}
    expected_failures = {"test_one_file_and_nothing_else_is_written": "the weights are asked for in a second file"}

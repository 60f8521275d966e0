"""The built-in exporter passes the suite that every plugin's does."""

from s2s_toolkit.testing import ExporterSuite

TRANSLATES_NOTHING = "a file of weights translates nothing, and `open` says so"


class TestSafetensors(ExporterSuite):
    name = "safetensors"
    expected_failures = {"test_file_translates_as_the_run_does": TRANSLATES_NOTHING}


class TestSafetensorsInHalfPrecision(ExporterSuite):
    name = "safetensors"
    options = {"precision": "fp16"}
    expected_failures = {"test_file_translates_as_the_run_does": TRANSLATES_NOTHING}

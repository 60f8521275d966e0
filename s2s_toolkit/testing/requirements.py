"""What a test can't do without: where it is missing the test is skipped, and in CI it fails."""

import importlib.util
import os
from typing import NoReturn

import pytest

from s2s_toolkit.exporter import Exporter, find_exporter
from s2s_toolkit.registry import Registry

TO_EXPORT = ("onnx", "onnxruntime", "spox")


def unavailable(reason: str) -> NoReturn:
    """End the test; the reason says what is missing."""
    if os.environ.get("CI"):
        pytest.fail(f"{reason}, and CI must test it")
    pytest.skip(reason)


def onnx_exporter(registry: Registry) -> Exporter:
    """The exporter whose files hold the decoding loop and the tokenizers."""
    for package in TO_EXPORT:
        if importlib.util.find_spec(package) is None:
            unavailable(f"{package} is not installed")
    return find_exporter("onnx", registry)

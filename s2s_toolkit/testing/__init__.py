"""Conformance suites: pytest classes that a plugin's tests inherit. They need `pip install "s2s-toolkit[testing]"`."""

import pkgutil

import pytest

MODULES = [f"{__name__}.{module.name}" for module in pkgutil.iter_modules(__path__)]
pytest.register_assert_rewrite(*MODULES)  # so that a failure shows its values

from s2s_toolkit.testing.attention_scorers import AttentionScorerSuite  # noqa: E402
from s2s_toolkit.testing.decoders import DecoderSuite  # noqa: E402
from s2s_toolkit.testing.encoders import EncoderSuite  # noqa: E402
from s2s_toolkit.testing.exporters import ExporterSuite  # noqa: E402
from s2s_toolkit.testing.metrics import MetricSuite  # noqa: E402
from s2s_toolkit.testing.strategies import DecodingStrategySuite  # noqa: E402
from s2s_toolkit.testing.tokenizers import TokenizerSuite  # noqa: E402

__all__ = [
    "AttentionScorerSuite",
    "DecoderSuite",
    "DecodingStrategySuite",
    "EncoderSuite",
    "ExporterSuite",
    "MetricSuite",
    "TokenizerSuite",
]

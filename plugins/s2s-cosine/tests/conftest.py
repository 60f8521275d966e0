"""What tests share: the registry."""

import pytest

from s2s_toolkit.plugins import load_registry
from s2s_toolkit.registry import Registry


@pytest.fixture(scope="session")
def registry() -> Registry:
    return load_registry()

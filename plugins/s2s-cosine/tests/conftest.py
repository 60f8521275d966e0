"""Fixtures that tests share: the registry, and what a test needs to be installed."""

import importlib.util
import os
from collections.abc import Callable

import pytest

from s2s_toolkit.plugins import load_registry
from s2s_toolkit.registry import Registry


@pytest.fixture(scope="session")
def registry() -> Registry:
    return load_registry()


@pytest.fixture(scope="session")
def require() -> Callable[[str], None]:
    """Skip where a package is not installed; in CI it has to be."""

    def check(package: str) -> None:
        if importlib.util.find_spec(package) is None:
            if os.environ.get("CI"):
                pytest.fail(f"{package} is not installed, and CI must test it")
            pytest.skip(f"{package} is not installed")

    return check

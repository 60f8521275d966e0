"""What a test can't do without: where it is missing the test is skipped, and in CI it fails."""

import importlib.util
import os
from importlib.metadata import PackageNotFoundError, version
from typing import NamedTuple, NoReturn

import pytest

from s2s_toolkit.components import ANY
from s2s_toolkit.exporter import Exporter, find_exporter
from s2s_toolkit.registry import Registry


class Need(NamedTuple):
    """What there has to be: packages, and a plugin that is loaded and offers what needs them."""

    kind: str
    packages: tuple[str, ...]


NEEDS = {
    "torch": Need("framework", ("torch",)),
    "tensorflow": Need("framework", ("tensorflow",)),
    "onnx": Need("exporter", ("onnx", "onnxruntime", "spox")),
}
"""Where a part runs -> what that needs; another plugin's framework says itself what it lacks, when it is loaded."""


class Inapplicable(pytest.skip.Exception):  # type: ignore[name-defined]  # pytest gives the class no name of its own
    """A skip of the suite's own; any other is a failure."""


def unavailable(reason: str) -> NoReturn:
    """End the test; the reason says what is missing."""
    if os.environ.get("CI"):
        pytest.fail(f"{reason}, and CI must test it")
    raise Inapplicable(reason)


def require(package: str) -> None:
    """Go on only where a package is installed."""
    if importlib.util.find_spec(package) is None:
        unavailable(f"{package} is not installed")


def require_distribution(name: str) -> None:
    """Go on only where a distribution is installed, one that may have nothing to import, such as fonts."""
    try:
        version(name)
    except PackageNotFoundError:
        unavailable(f"{name} is not installed")


def require_framework(framework: str, registry: Registry) -> None:
    """Go on only where a framework, or "onnx", can be used."""
    reason = missing(framework, registry)
    if reason:
        unavailable(reason)


def missing(framework: str, registry: Registry) -> str:
    """Why a framework, or "onnx", can't be used; "" if nothing that we know of is in the way."""
    need = NEEDS.get(framework)
    if need is None:
        return ""
    for package in need.packages:
        if importlib.util.find_spec(package) is None:
            return f"{package} is not installed"
    return "" if registry.has(need.kind, framework, ANY) else f"no loaded plugin offers the {need.kind} {framework!r}"


def onnx_exporter(registry: Registry) -> Exporter:
    """The exporter whose files hold the decoding loop and the tokenizers."""
    require_framework("onnx", registry)
    return find_exporter("onnx", registry)

"""A service on a model of our own that writes texts backwards, and how to ask it."""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("prometheus_client")
pytest.importorskip("httpx2")
pytest.importorskip("uvicorn")
testclient = pytest.importorskip("starlette.testclient")

from s2s_toolkit.errors import DataError  # noqa: E402
from s2s_toolkit.serving.app import make_app  # noqa: E402
from s2s_toolkit.serving.limits import Limits  # noqa: E402
from s2s_toolkit.serving.service import Service  # noqa: E402
from s2s_toolkit.translation import Translation  # noqa: E402

MODEL = Path("/secret/place/model.onnx")


class Backwards:
    """Writes each text backwards behind its prefix, as often as the setting `times` says.

    A text with "!" is refused, one with "?" is its own mistake; both spoil the whole call, as in any translator.

    Attributes:
        batches: The texts of each call, with its settings.
        gate: What every call that has texts waits for.
    """

    defaults = {"times": 1, "max_length": 50, "warmth": 1.0}

    def __init__(self) -> None:
        self.batches: list[tuple[list[str], dict[str, Any]]] = []
        self.gate = threading.Event()
        self.gate.set()

    def __call__(
        self, texts: Sequence[str], prefixes: Sequence[str] = (), **settings: int | float
    ) -> list[Translation]:
        times = int(settings.get("times", 1))
        if times == 13:
            raise DataError(f"setting 'times' of {MODEL} can't be 13")
        if texts:
            self.batches.append((list(texts), settings))
            self.gate.wait(timeout=30)
        if any("?" in text for text in texts):
            raise RuntimeError(f"a mistake in {MODEL}")
        for text in texts:
            if "!" in text:
                raise DataError(f"{text!r} can't be translated")
        return [written(text, begun, times) for text, begun in zip(texts, prefixes or [""] * len(texts), strict=True)]


def written(text: str, prefix: str = "", times: int = 1) -> Translation:
    """What `Backwards` makes of a text."""
    symbols, source_symbols = (*prefix, *(text[::-1] * times), "</s>"), (*text, "</s>")
    attention = np.full((len(symbols), len(source_symbols)), 1 / len(source_symbols))
    other = Translation(text.upper(), -2.0, (), source_symbols, attention=attention)
    return Translation(
        prefix + text[::-1] * times, -1.0, symbols, source_symbols, attention=attention, alternatives=(other,)
    )


@pytest.fixture
def model() -> Iterator[Backwards]:
    made = Backwards()
    yield made
    made.gate.set()


@pytest.fixture
def expected() -> Callable[..., dict[str, Any]]:
    """What an answer has for a text, its prefix and its `times`."""
    return lambda *asked: json.loads(json.dumps(written(*asked).as_dict()))


@pytest.fixture
def path() -> Path:
    """Where the model is said to lie."""
    return MODEL


@pytest.fixture
def warnings() -> list[str]:
    """What the operator is told."""
    return []


@pytest.fixture
def make_service(model: Backwards, warnings: list[str]) -> Callable[..., Service]:
    """A service with the limits that are given."""

    def make(**limits: Any) -> Service:
        return Service(model, MODEL, Limits(**limits), model.defaults, warnings.append)

    return make


@pytest.fixture
def ask(make_service: Callable[..., Service]) -> Iterator[Callable[..., Any]]:
    """A client of a service with the limits that are given; an error of the service is a response."""
    clients = []

    def make(**limits: Any) -> Any:
        service = make_service(**limits)
        client = testclient.TestClient(make_app(service), raise_server_exceptions=False)
        client.service = service
        clients.append(client.__enter__())
        return client

    yield make
    for client in clients:
        client.__exit__(None, None, None)

"""What all answers have in common: they are counted, and a browser is told to make nothing of them."""

import time

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from s2s_toolkit.serving.service import Service

GONE = 499
"""What is counted where the client went away before there was an answer, as nginx does."""

PLAIN = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'"}
"""Headers of every answer that does not say otherwise itself."""


class Counted:
    """An application, and around it what is the same for every request.

    Args:
        app: Answers.
        service: Counts.
    """

    def __init__(self, app: Starlette, service: Service) -> None:
        self.app, self.service = app, service
        self.paths = {route.path for route in app.routes if isinstance(route, Route)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As every ASGI application."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun, status = time.perf_counter(), GONE

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in PLAIN.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self.app(scope, receive, noted)
        finally:
            self._count(scope["path"], status, time.perf_counter() - begun)

    def _count(self, path: str, status: int, seconds: float) -> None:
        measures = self.service.measures
        measures.requests.labels(path if path in self.paths else "other", status).inc()
        if path == "/translate":
            measures.seconds.observe(seconds)

"""The routes of a service. Nothing in an answer is made of the Host header, and no other site's page may read one."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager, suppress

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from s2s_toolkit.serving.answers import EXCEPTIONS, encoded
from s2s_toolkit.serving.bodies import JSON, read_body
from s2s_toolkit.serving.counting import Counted
from s2s_toolkit.serving.hosts import KnownHosts
from s2s_toolkit.serving.measures import FORMAT
from s2s_toolkit.serving.openapi import description
from s2s_toolkit.serving.page import page, policy
from s2s_toolkit.serving.service import Service


def routes(service: Service) -> list[Route]:
    """What can be asked of a service; `openapi.description` says the same."""
    html, described = page(service.name), description(service)

    async def translate(request: Request) -> Response:
        with service.place():
            translations = await service.translate(await read_body(request, service.limits))
            return Response(await asyncio.to_thread(encoded, translations), media_type=JSON)

    async def health(request: Request) -> Response:
        state = "stopping" if service.stopping else "ready"
        return JSONResponse({"status": state}, 503 if service.stopping else 200)

    async def metrics(request: Request) -> Response:
        return Response(service.measures.exposition(), headers={"Content-Type": FORMAT})

    async def openapi(request: Request) -> Response:
        return JSONResponse(described)

    async def root(request: Request) -> Response:
        return HTMLResponse(html, headers={"Content-Security-Policy": policy(html)})

    return [
        Route("/translate", translate, methods=["POST"]),
        Route("/health", health),
        Route("/metrics", metrics),
        Route("/openapi.json", openapi),
        Route("/", root),
    ]


def make_app(service: Service, names: Collection[str] | None = None) -> Counted:
    """The application, whose queue is worked on from its startup to its shutdown.

    Args:
        service: What answers.
        names: What it may be asked by beside localhost and addresses; None for anything.
    """

    @asynccontextmanager
    async def working(app: Starlette) -> AsyncIterator[None]:
        worker = asyncio.create_task(service.queue.work())
        yield
        worker.cancel()
        with suppress(asyncio.CancelledError):
            await worker

    known = [] if names is None else [Middleware(KnownHosts, names=names)]
    app = Starlette(routes=routes(service), lifespan=working, exception_handlers=EXCEPTIONS, middleware=known)
    app.router.redirect_slashes = False  # a redirect would repeat the Host header
    return Counted(app, service)

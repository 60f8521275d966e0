"""The names that a service may be asked by: a page of another site may make its own name mean this machine.

That name is then in the Host header, and for a browser the service belongs to the page (DNS rebinding).
"""

import ipaddress
from collections.abc import Collection

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from s2s_toolkit.serving.answers import refused
from s2s_toolkit.serving.refusals import RefusedError

OWN = "localhost"


class KnownHosts:
    """An application that is asked by an address, as localhost or by some names, and by no other.

    Args:
        app: Answers.
        names: The names, in lower case.
    """

    def __init__(self, app: ASGIApp, names: Collection[str]) -> None:
        self.app, self.names = app, {OWN, *names}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As every ASGI application."""
        if scope["type"] == "http" and not self.knows(Headers(scope=scope).get("host", OWN)):
            line = (
                "this service has another name; ask localhost or its address, or let it be started with --allowed-host"
            )
            await refused(Request(scope), RefusedError(421, line))(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def knows(self, host: str) -> bool:
        """Whether a Host header, of which a port may be part, means this service."""
        name = without_port(host).lower().removesuffix(".")
        return name in self.names or name.endswith(f".{OWN}") or is_address(name)


def without_port(host: str) -> str:
    """The name or address in a Host header; an address of version 6 without its brackets."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


def is_address(name: str) -> bool:
    """Whether it is no name, so that nobody can make it mean something else."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def is_loopback(address: str) -> bool:
    """Whether an address that a socket is bound to is reached from this machine alone."""
    return ipaddress.ip_address(address.partition("%")[0]).is_loopback

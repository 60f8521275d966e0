"""A service on a socket, from the line that says where to the last answer after a signal."""

import math
import signal
import socket
import threading
from collections.abc import Callable, Collection, Generator
from contextlib import contextmanager
from functools import partial

import uvicorn

from s2s_toolkit.errors import UnsupportedError
from s2s_toolkit.serving.app import make_app
from s2s_toolkit.serving.connections import Connection
from s2s_toolkit.serving.hosts import is_loopback
from s2s_toolkit.serving.service import Service
from s2s_toolkit.signals import Asked, heard

KEEP_ALIVE = 5
"""Seconds that a connection may be idle between two requests."""


def serve(
    service: Service, host: str, port: int, announce: Callable[[str], None], *, names: Collection[str] = ()
) -> None:
    """Answer requests until Ctrl-C or SIGTERM, and then those that are in flight; a second signal ends it at once.

    Args:
        service: What answers.
        host: A name or an address of this machine.
        port: 0 for any that is free.
        announce: Told, in one line, where it listens.
        names: What it may be asked by beside localhost and addresses; where there are none, and others than this
            machine can reach it, by anything.
    """
    with listening(host, port) as listener, heard() as asked:
        announce(f"serving {service.path} on {address(listener)}")
        known = names if names or is_loopback(listener.getsockname()[0]) else None
        _Server(service, asked, known).run(sockets=[listener])


def listening(host: str, port: int) -> socket.socket:
    """A socket that connections can be made to; UnsupportedError where there can be none."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=1024)
    except OSError as error:
        reason = str(error.strerror).partition(" (")[0]  # Python adds the address, which is said before
        raise UnsupportedError(
            f"can't listen on {host}, port {port}: {reason}; choose another --port, or a --host of this machine"
        ) from error
    # Connections inherit it. Head and body of an answer are two packets, and without it the second waits for the client
    # to acknowledge the first, 40 ms.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def address(listener: socket.socket) -> str:
    """Where a socket listens, as a browser takes it."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class _Server(uvicorn.Server):
    """Goes on listening while it stops, so that who asks is told, and ends when the last request is answered."""

    def __init__(self, service: Service, asked: Asked, names: Collection[str] | None) -> None:
        limits = service.limits
        super().__init__(
            uvicorn.Config(
                make_app(service, names),
                http=partial(Connection, patience=limits.read_timeout),  # type: ignore[arg-type]  # made as a class is
                ws="none",
                lifespan="on",
                access_log=False,
                log_config=None,
                log_level="error",  # what clients do wrong is counted, not written down line by line
                proxy_headers=False,
                server_header=False,
                timeout_keep_alive=KEEP_ALIVE,
                timeout_graceful_shutdown=math.ceil(limits.read_timeout),  # for clients to take their answers
            )
        )
        self.service, self.asked = service, asked

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leave signals to `heard`."""
        yield

    async def on_tick(self, counter: int) -> bool:
        """Whether to end, which is asked ten times a second."""
        if self.asked() and not self.service.stopping:
            self.service.stopping = True
            if threading.current_thread() is threading.main_thread():
                signal.signal(signal.SIGINT, signal.SIG_DFL)  # Python's own would wait for the batch that is translated
        return await super().on_tick(counter) or (self.service.stopping and not self.service.in_flight)

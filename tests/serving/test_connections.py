"""A connection on which nothing comes or goes is ended."""

import asyncio
import socket
from functools import partial

import pytest

pytest.importorskip("uvicorn")

import uvicorn

from s2s_toolkit.serving.connections import Connection

PATIENCE, LONGEST_WAIT = 0.3, 60
LENGTH = 2**25
"""More than the system takes for a client that reads nothing."""

BEGINNINGS = {
    "nothing": [],
    "half a head": [b"GET / HTTP/1.1\r\nHost:"],
    "byte by byte": [bytes([byte]) for byte in b"GET / HTTP/1.1\r\nX: " + b"x" * 10_000],
    "half of a second head": [b"GET /short HTTP/1.1\r\nHost: localhost\r\n\r\n", b"GET / HTTP/1.1\r\nHost:"],
}


async def app(scope, receive, send):
    body = b"short" if scope["path"] == "/short" else bytes(LENGTH)
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def with_server(client):
    """What a client coroutine gives that was told the port of a server."""

    async def run():
        config = uvicorn.Config(app, lifespan="off", log_config=None, http=partial(Connection, patience=PATIENCE))
        server = uvicorn.Server(config)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            serving = asyncio.create_task(server._serve([listener]))
            try:
                return await asyncio.wait_for(client(listener.getsockname()[1]), LONGEST_WAIT)
            finally:
                server.should_exit = True
                await serving

    return asyncio.run(run())


@pytest.mark.parametrize("beginning", BEGINNINGS.values(), ids=BEGINNINGS)
def test_a_head_that_does_not_end_ends_the_connection(beginning):
    async def client(port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            for data in beginning:
                writer.write(data)
                await writer.drain()
                await asyncio.sleep(PATIENCE / 10)
            return await reader.read()
        except ConnectionError:
            return b""
        finally:
            writer.close()

    assert with_server(client).endswith(b"short" if len(beginning) == 2 else b"")


def test_an_answer_that_is_not_taken_ends_the_connection():
    async def client(port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**10)
        writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        await asyncio.sleep(10 * PATIENCE)
        received = 0
        try:
            while data := await reader.read(2**16):
                received += len(data)
        except ConnectionError:
            pass
        writer.close()
        return received

    assert 0 < with_server(client) < LENGTH


def test_a_slow_client_gets_all_of_its_answer():
    async def client(port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**16)
        writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        received = 0
        while data := await reader.read(2**20):
            received += len(data)
            await asyncio.sleep(PATIENCE / 100)
        writer.close()
        return received

    assert with_server(client) > LENGTH

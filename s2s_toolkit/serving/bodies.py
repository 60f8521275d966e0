"""The body of a request, read no further and no longer than the limits allow."""

import asyncio

from starlette.requests import Request

from s2s_toolkit.serving.limits import Limits
from s2s_toolkit.serving.refusals import CLOSE, RefusedError

JSON = "application/json"


async def read_body(request: Request, limits: Limits) -> bytes:
    """The whole body; RefusedError 415 if it is not said to be JSON, 413 if it is too long, 408 if it comes too slowly.

    A page of another site can send a form or a plain text without asking; JSON it can't.
    """
    given = request.headers.get("content-type", "")
    if given.partition(";")[0].strip().lower() != JSON:
        raise RefusedError(415, f"expected Content-Type: {JSON}, given {given or 'none'}", CLOSE)
    body = bytearray()
    try:
        async with asyncio.timeout(limits.read_timeout):
            async for piece in request.stream():
                body += piece
                if len(body) > limits.max_body:
                    raise RefusedError(
                        413, f"a body has {limits.max_body:,} bytes at most; send fewer texts at once", CLOSE
                    )
    except TimeoutError as error:
        raise RefusedError(408, f"the body did not arrive within {limits.read_timeout:g} seconds", CLOSE) from error
    return bytes(body)

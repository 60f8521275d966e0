"""How answers look: translations, and errors as `{"error": "one line"}`."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from s2s_toolkit.serving.counting import GONE
from s2s_toolkit.serving.refusals import RefusedError
from s2s_toolkit.translation import Translation


def encoded(translations: Sequence[Translation]) -> bytes:
    """The body of an answer; ValueError where a model gives a number that JSON has none for."""
    content = {"translations": [translation.as_dict() for translation in translations]}
    return json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def refused(request: Request, error: RefusedError) -> Response:
    """What the service says no to."""
    return JSONResponse({"error": str(error)}, error.status, error.headers)


def misplaced(request: Request, error: HTTPException) -> Response:
    """A path that is not there, or a method that it has none of."""
    line = {404: "there is nothing here", 405: "this path has no such method"}.get(error.status_code, error.detail)
    return JSONResponse({"error": f"{line}; openapi.json says what there is"}, error.status_code, error.headers)


def unread(request: Request, error: ClientDisconnect) -> Response:
    """A client that went away while it was asking."""
    return Response(status_code=GONE)


def failed(request: Request, error: Exception) -> Response:
    """A mistake of the service, which its operator is told of and nobody else."""
    return JSONResponse({"error": "the service failed on this request"}, 500)


EXCEPTIONS: Mapping[Any, Any] = {
    RefusedError: refused,
    HTTPException: misplaced,
    ClientDisconnect: unread,
    Exception: failed,
}
"""What is raised -> what answers it."""

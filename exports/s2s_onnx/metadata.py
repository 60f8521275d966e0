"""What an exported file says of itself: one JSON object under one metadata key."""

import json
from typing import Any

from s2s_toolkit.errors import ModelFileError

KEY = "s2s_toolkit"
FORMAT = 1


def encode_metadata(content: dict[str, Any]) -> str:
    """The JSON text, format included."""
    return json.dumps({"format": FORMAT, **content}, ensure_ascii=False, sort_keys=True)


def decode_metadata(properties: dict[str, str], where: str) -> dict[str, Any]:
    """The object, once its format is known to be one that we read; `where` names the file in errors."""
    if KEY not in properties:
        raise ModelFileError(f"{where} was not written by `s2s export`: it has no metadata {KEY!r}")
    try:
        content = json.loads(properties[KEY])
        found = content["format"]
    except (ValueError, KeyError, TypeError) as error:
        raise ModelFileError(f"{where} has damaged metadata ({error}); export it again") from error
    if found != FORMAT:
        raise ModelFileError(f"{where} has format {found}, this version reads {FORMAT}; use the version that wrote it")
    return content

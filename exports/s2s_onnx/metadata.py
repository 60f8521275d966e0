"""What an exported file says of itself: one JSON object under one metadata key."""

import json
from typing import Any

from s2s_toolkit.errors import ModelFileError
from s2s_toolkit.formats import require_format

KEY = "s2s_toolkit"
FORMAT = 2
NEEDED = {
    "input": str,
    "strategy": str,
    "fixed": dict,
    "settings": dict,
    "source_separators": list,
    "target_separators": list,
    "max_source_length": int,
}
"""What translating needs to know, and of which type it is."""
NEWER = {"source_tag_separators": list, "target_tag_separators": list}
"""The same, where older files say nothing of it."""


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
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ModelFileError(
            f"{where} has damaged metadata ({type(error).__name__}: {error}); export it again"
        ) from error
    require_format(found, FORMAT, where, error=ModelFileError, writer=content.get("toolkit"))
    for name, kind in (NEEDED | NEWER).items():
        if not isinstance(content.get(name, [] if name in NEWER else None), kind):
            raise ModelFileError(f"{where} has damaged metadata (no {name!r}); export it again")
    if any(isinstance(value, bool) or not isinstance(value, int | float) for value in content["settings"].values()):
        raise ModelFileError(f"{where} has damaged metadata (a setting that is no number); export it again")
    return content

"""What a request is refused with: a status, and one line in which no path of this machine stands."""

from collections.abc import Mapping
from types import MappingProxyType

from s2s_toolkit.errors import LONGEST

AGAIN = MappingProxyType({"Retry-After": "1"})
"""Headers of a refusal that another moment would not have brought, in seconds."""
CLOSE = MappingProxyType({"Connection": "close"})
"""Headers where the rest of a request is not read."""


class RefusedError(Exception):
    """A request that gets no translations.

    Args:
        status: Of the response.
        line: What was wrong, what was given, what would work; cut if it is long.
        headers: Of the response.
    """

    def __init__(self, status: int, line: str, headers: Mapping[str, str] = MappingProxyType({})) -> None:
        line = " ".join(line.split())
        super().__init__(line if len(line) <= LONGEST else f"{line[:LONGEST]}…")
        self.status, self.headers = status, headers

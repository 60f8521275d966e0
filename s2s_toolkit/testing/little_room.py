"""A full disk, or the nearest thing to one that needs no disk."""

from collections.abc import Iterator
from contextlib import contextmanager

from s2s_toolkit.testing.requirements import Inapplicable

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

BYTES = 64
"""How large a file may become where there is hardly any room."""


@contextmanager
def little_room() -> Iterator[None]:
    """Let no file grow beyond `BYTES`; the test is skipped on a system that can't limit the size of files."""
    if resource is None:
        raise Inapplicable("this system can't limit the size of files")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (BYTES, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

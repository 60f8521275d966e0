"""The number of a file's format: which one is read, and what is said of any other.

It is raised when a version that knows only the older number would misread the file.
"""

import re
from typing import Any

from s2s_toolkit import __version__
from s2s_toolkit.errors import S2SError

_VERSION = re.compile(r"\d[0-9A-Za-z.+!-]{0,40}")


def require_format(found: Any, known: int, where: object, *, error: type[S2SError], writer: Any = "") -> None:
    """Go on only where a file has the format that is read; else one line that names the version which can.

    Args:
        found: What the file says of its format. It may be anybody's, and say anything.
        known: What this version reads.
        where: Names the file in the error.
        error: The class of that.
        writer: What the file says of the version that wrote it.
    """
    if type(found) is not int or found < 1:
        raise error(f"{where} is damaged (its format is {found!r:.40}); restore it or make it again")
    if found == known:
        return
    version = writer if isinstance(writer, str) and _VERSION.fullmatch(writer) else ""
    by = f", written by s2s-toolkit {version}" if version else ""
    newer = found > known
    exactly = f"s2s-toolkit{'>=' if newer else '=='}{version}"
    remedy = exactly if version else f"{'a newer' if newer else 'an older'} s2s-toolkit"
    raise error(
        f"{where} has format {found}{by}; this is s2s-toolkit {__version__} and reads format {known}; install {remedy}"
    )

"""Keep a framework's native code from chatting on stderr while it is imported."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from s2s_toolkit.components import ANY
from s2s_toolkit.errors import S2SError
from s2s_toolkit.registry import Registry

LEVEL, ERRORS_ONLY = "TF_CPP_MIN_LOG_LEVEL", "3"
"""TensorFlow's own switch. Releases that log through Abseil (2.21 does) no longer heed it while they are imported."""

STDERR = 2


@dataclass(repr=False)
class QuietRegistry(Registry):
    """A registry for the command line: it loads frameworks quietly, unless TensorFlow's switch is set otherwise."""

    def load(self, kind: str, name: str, framework: str = ANY) -> Any:
        """As every registry."""
        if kind != "framework" or os.environ.get(LEVEL, ERRORS_ONLY) != ERRORS_ONLY:
            return super().load(kind, name, framework)
        with withheld_stderr():
            return super().load(kind, name, framework)


@contextmanager
def withheld_stderr() -> Iterator[None]:
    """Withhold what native code too writes to stderr; it is shown if it ends in an error that is not for users."""
    import shutil
    import tempfile

    try:
        stderr = os.dup(STDERR)
    except OSError:  # it is closed
        yield
        return
    with tempfile.TemporaryFile() as kept:
        _point(kept.fileno())
        try:
            yield
        except Exception as error:
            _point(stderr)
            if not isinstance(error, S2SError):
                kept.seek(0)
                shutil.copyfileobj(kept, sys.stderr.buffer)
            raise
        finally:
            _point(stderr)
            os.close(stderr)


def _point(descriptor: int) -> None:
    sys.stderr.flush()
    os.dup2(descriptor, STDERR)

"""Ctrl-C and SIGTERM as a wish: what is under way is brought to an end at which nothing is lost."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)

Asked = Callable[[], int]
"""The number of the signal that wants the work to stop, 0 while none does."""
Listening = Callable[[], AbstractContextManager[Asked]]
"""Within it signals are heard, and do nothing else."""


@contextmanager
def unheard() -> Iterator[Asked]:
    """Signals do what they did before, and none is told of."""
    yield lambda: 0


@contextmanager
def heard() -> Iterator[Asked]:
    """Ctrl-C and SIGTERM are told of; after the first, both do again what they did before: they end the program.

    Those that were ignored stay so. Signals reach the main thread alone; in another nothing changes.
    """
    in_main = threading.current_thread() is threading.main_thread()
    before = {number: signal.getsignal(number) for number in SIGNALS if in_main}
    before = {number: handler for number, handler in before.items() if handler not in (signal.SIG_IGN, None)}
    received = [0]

    def receive(number: int, frame: FrameType | None) -> None:
        received[0] = number
        restore()

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    for number in before:
        signal.signal(number, receive)
    try:
        yield lambda: received[0]
    finally:
        restore()

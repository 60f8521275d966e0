"""A training is stopped by a signal between two steps, so that nothing is lost."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)

Asked = Callable[[], int]
"""The number of the signal that wants a training to stop, 0 while none does."""


class Interrupted(KeyboardInterrupt):
    """A training was stopped where it can go on: its last checkpoint holds the newest step.

    Attributes:
        signal: What stopped it.
    """

    def __init__(self, step: int, signal: int) -> None:
        super().__init__(f"step {step} is in the last checkpoint, and --resume goes on from there")
        self.signal = signal


def never() -> int:
    """Nothing wants a training to stop."""
    return 0


@contextmanager
def signals() -> Iterator[Asked]:
    """Give what tells of Ctrl-C and SIGTERM; a second signal does what it did before: it stops at once.

    Signals reach the main thread alone; elsewhere they are left as they are.
    """
    if threading.current_thread() is not threading.main_thread():
        yield never
        return
    received = [0]
    before = {number: signal.getsignal(number) for number in SIGNALS}

    def receive(number: int, frame: FrameType | None) -> None:
        received[0] = number
        restore()

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    for number in SIGNALS:
        signal.signal(number, receive)
    try:
        yield lambda: received[0]
    finally:
        restore()

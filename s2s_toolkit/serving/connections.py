"""A client's connection, which ends where the client neither asks nor takes its answer."""

from asyncio import TimerHandle, Transport
from typing import Any, Literal

from uvicorn.protocols.http.h11_impl import H11Protocol


class Connection(H11Protocol):
    """uvicorn's, which waits for the rest of a head, and for room to write, as long as a client likes.

    Args:
        patience: Seconds that a request's head may take to arrive, and that a client may take nothing of an answer.
        given: What uvicorn gives.
    """

    def __init__(self, *, patience: float, **given: Any) -> None:
        super().__init__(**given)
        self.patience = patience
        self.head: TimerHandle | None = None
        self.room: TimerHandle | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.head = self.loop.call_later(self.patience, transport.close)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:  # a head is whole, the body is the app's affair
            self._stop("head")
        elif self.head is None:
            self.head = self.loop.call_later(self.patience, self.transport.close)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._expect_less(self.transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        super().resume_writing()
        self._stop("room")

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop("head", "room")
        super().connection_lost(exc)

    def _expect_less(self, waiting: int) -> None:
        """Look in time whether fewer bytes wait to be taken."""

        def look() -> None:
            if (left := self.transport.get_write_buffer_size()) < waiting:
                self._expect_less(left)
            else:
                self.transport.abort()

        self.room = self.loop.call_later(self.patience, look)

    def _stop(self, *names: Literal["head", "room"]) -> None:
        for name in names:
            if timer := getattr(self, name):
                timer.cancel()
            setattr(self, name, None)

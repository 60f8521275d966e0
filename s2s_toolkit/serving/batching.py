"""Requests that wait at the same time are translated together."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice

from s2s_toolkit.serving.apart import Result, translated_apart
from s2s_toolkit.translation import Translation

Settings = Mapping[str, int | float]


class QueueFullError(Exception):
    """There is no room for the texts of a request."""


@dataclass(eq=False)
class Waiting:
    """A text that waits for its translation.

    Attributes:
        text: What to translate.
        prefix: What the target begins with, if anything.
        settings: Those of its request.
        result: What became of it; cancelled when nobody waits any more.
    """

    text: str
    prefix: str
    settings: Settings
    result: asyncio.Future[Result] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Batcher:
    """A queue of texts, and the one task that translates them, batch by batch, in a thread beside the event loop.

    No text waits for others to come: a batch is what is there when the one before it is done. So it grows with the
    load, and a text that comes alone is translated at once.

    Args:
        translate: The model: texts, prefixes and, where it takes them, settings by their names.
        batch_size: Texts of a batch at most.
        room: Texts that may wait.
        watch: Told the size of each batch.
    """

    def __init__(
        self,
        translate: Callable[..., list[Translation]],
        *,
        batch_size: int,
        room: int,
        watch: Callable[[int], None] = lambda size: None,
    ) -> None:
        self.translate, self.batch_size, self.room, self.watch = translate, batch_size, room, watch
        self._waiting: deque[Waiting] = deque()
        self._arrived = asyncio.Event()

    def __len__(self) -> int:
        """How many texts wait; those being translated wait no more."""
        return len(self._waiting)

    async def __call__(self, texts: Sequence[str], prefixes: Sequence[str], settings: Settings) -> list[Result]:
        """What became of each text, in their order; what nobody waits for any more is not begun.

        Args:
            texts: Any number of them.
            prefixes: One for each, or none at all.
            settings: What all of them are translated with.

        Raises:
            QueueFullError: Nothing was queued.
        """
        if len(texts) > self.room - len(self):
            raise QueueFullError
        prefixes = prefixes or [""] * len(texts)
        items = [Waiting(text, prefix, settings) for text, prefix in zip(texts, prefixes, strict=True)]
        self._waiting.extend(items)
        self._arrived.set()
        try:
            return await asyncio.gather(*(item.result for item in items))
        except asyncio.CancelledError:
            self._waiting = deque(item for item in self._waiting if not item.result.cancelled())
            raise

    async def work(self) -> None:
        """Translate what comes, until cancelled."""
        while True:
            await self._arrived.wait()
            while batch := self._next_batch():
                self.watch(len(batch))
                results: Sequence[Result]
                try:
                    results = await asyncio.to_thread(translated_apart, self._translated, batch)
                except Exception as error:  # no thread can be started, say; the next batch may fare better
                    results = [error] * len(batch)
                for item, result in zip(batch, results, strict=True):
                    with suppress(asyncio.InvalidStateError):  # its request ran out of time
                        item.result.set_result(result)
            self._arrived.clear()

    def _next_batch(self) -> list[Waiting]:
        """The text that has waited longest, and those behind it that have its settings."""
        self._waiting = deque(item for item in self._waiting if not item.result.done())
        alike = (item for item in self._waiting if item.settings == self._waiting[0].settings)
        batch = list(islice(alike, self.batch_size))
        taken = set(map(id, batch))
        self._waiting = deque(item for item in self._waiting if id(item) not in taken)
        return batch

    def _translated(self, batch: Sequence[Waiting]) -> list[Translation]:
        texts, prefixes = [item.text for item in batch], [item.prefix for item in batch]
        return self.translate(texts, prefixes if any(prefixes) else (), **batch[0].settings)

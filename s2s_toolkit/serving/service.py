"""A model that answers requests: asked, queued, translated, or refused with the reason."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from s2s_toolkit.errors import ConfigError, DataError, TextError, UnsupportedError, one_line
from s2s_toolkit.serving.apart import Result
from s2s_toolkit.serving.asking import Asked, Asking
from s2s_toolkit.serving.batching import Batcher, QueueFullError
from s2s_toolkit.serving.limits import Limits
from s2s_toolkit.serving.measures import Measures
from s2s_toolkit.serving.refusals import AGAIN, CLOSE, RefusedError
from s2s_toolkit.translation import Translation

ASKED_FOR = (ConfigError, DataError, UnsupportedError)
"""What a translator raises where another request would work."""


class Service:
    """What the routes share.

    Args:
        translator: The model.
        path: Where it lies; requests are told its last part alone.
        limits: What the service takes on.
        settings: Name -> what is in force of each setting that a request may vary.
        warn: Told, in one line, of what failed and is nobody's request.

    Attributes:
        name: What clients know the model by.
        asking: What a request may ask.
        queue: The texts that wait.
        measures: What is counted.
        stopping: Whether requests are refused that come from now on.
        in_flight: Requests that were accepted and are not answered yet.
    """

    def __init__(
        self,
        translator: Callable[..., list[Translation]],
        path: Path,
        limits: Limits,
        settings: Mapping[str, int | float],
        warn: Callable[[str], None],
    ) -> None:
        self.translator, self.path, self.limits, self.warn = translator, path, limits, warn
        self.name = path.resolve().name
        self.asking = Asking(limits, settings)
        self.measures = Measures(waiting=lambda: len(self.queue), in_flight=lambda: self.in_flight)
        self.queue = Batcher(
            translator, batch_size=limits.batch_size, room=limits.queue, watch=self.measures.batches.observe
        )
        self.stopping = False
        self.in_flight = 0

    @contextmanager
    def place(self) -> Iterator[None]:
        """For one request more in flight, before its body is read; RefusedError if there is none."""
        if self.stopping:
            raise RefusedError(503, "the service is stopping; ask another one", {**AGAIN, **CLOSE})
        if self.in_flight >= self.limits.requests:
            raise RefusedError(
                503, f"{self.in_flight} requests are in flight already; try again later", {**AGAIN, **CLOSE}
            )
        self.in_flight += 1
        try:
            yield
        finally:
            self.in_flight -= 1

    async def translate(self, body: bytes) -> list[Translation]:
        """The translations that a body asks for, or a RefusedError."""
        asked = self.asking.read(body)
        self._check_settings(asked)
        translations = [self._translation(number, each) for number, each in enumerate(await self._results(asked))]
        self.measures.texts.inc(len(translations))
        return translations if asked.attention else [without_attention(each) for each in translations]

    async def _results(self, asked: Asked) -> list[Result]:
        try:
            async with asyncio.timeout(self.limits.timeout):
                return await self.queue(asked.texts, asked.prefixes, asked.settings)
        except QueueFullError as error:
            raise RefusedError(503, f"{len(self.queue)} texts wait already; try again later", AGAIN) from error
        except TimeoutError as error:
            raise RefusedError(504, f"there was no answer within {self.limits.timeout:g} seconds", AGAIN) from error

    def _check_settings(self, asked: Asked) -> None:
        """A call without a text checks its settings alone, before anything is queued."""
        if not asked.settings:
            return
        try:
            self.translator([], **asked.settings)
        except ASKED_FOR as error:
            raise RefusedError(422, self._told(error)) from error

    def _translation(self, number: int, result: Result) -> Translation:
        """The result; RefusedError, with the number of its text, if there is none."""
        if isinstance(result, Translation):
            return result
        if isinstance(result, ASKED_FOR):
            raise RefusedError(422, f"'texts.{number}': {self._told(result)}") from result
        self.warn(f"a text was not translated: {one_line(result)}")
        raise RefusedError(500, f"'texts.{number}': the model failed on this text") from result

    def _told(self, error: BaseException) -> str:
        said = error.told if isinstance(error, TextError) else one_line(error)
        return said.replace(str(self.path), self.name) if len(self.path.parts) > 1 else said


def without_attention(translation: Translation) -> Translation:
    """The same, without its weights and those of its alternatives."""
    others = tuple(map(without_attention, translation.alternatives))
    return replace(translation, attention=None, alternatives=others)

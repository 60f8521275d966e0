"""The queue: who is translated with whom, who finds no room, who is forgotten."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s2s_toolkit.serving.batching import Batcher, QueueFullError
from s2s_toolkit.translation import Translation

LONGEST_WAIT = 30


class Held:
    """Translates to the upper case; each call is noted and then waits until it is let go."""

    def __init__(self, *, free=False):
        self.calls, self.gate = [], threading.Event()
        if free:
            self.gate.set()

    def __call__(self, texts, prefixes=(), **settings):
        self.calls.append((texts, settings))
        assert self.gate.wait(LONGEST_WAIT)
        written = map("{}{}{}".format, prefixes or [""] * len(texts), map(str.upper, texts), [settings] * len(texts))
        return [Translation(text, 0.0, (), ()) for text in written]

    async def called(self):
        async with asyncio.timeout(LONGEST_WAIT):
            while not self.calls:
                await asyncio.sleep(0.001)


@asynccontextmanager
async def working(translate, *, batch_size=4, room=100):
    batcher = Batcher(translate, batch_size=batch_size, room=room)
    task = asyncio.create_task(batcher.work())
    yield batcher
    translate.gate.set()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


REQUESTS = st.lists(
    st.tuples(
        st.lists(st.text("abc", max_size=2), max_size=5),
        st.sampled_from(["", "x"]),
        st.fixed_dictionaries({}, optional={"n": st.integers(1, 2)}),
    ),
    max_size=12,
)


@given(REQUESTS, st.integers(1, 7))
def test_each_gets_what_it_gets_alone_in_batches_of_one_kind(requests, batch_size):
    model = Held(free=True)

    async def ask():
        async with working(model, batch_size=batch_size) as batcher:
            asked = ((texts, [prefix] * len(texts), settings) for texts, prefix, settings in requests)
            return await asyncio.gather(*(batcher(*each) for each in asked))

    found = asyncio.run(ask())
    alone = [[f"{prefix}{text.upper()}{settings}" for text in texts] for texts, prefix, settings in requests]
    assert [[each.text for each in results] for results in found] == alone
    assert all(0 < len(texts) <= batch_size for texts, _ in model.calls)
    translated = sorted((text, str(settings)) for texts, settings in model.calls for text in texts)
    assert translated == sorted((text, str(settings)) for texts, _, settings in requests for text in texts)


def test_what_waits_is_translated_together_and_the_oldest_first():
    model = Held()

    async def ask():
        async with working(model, batch_size=3) as batcher:
            asked = [asyncio.create_task(batcher(["a"], [], {}))]
            await model.called()
            for texts, settings in ((["b", "c"], {}), (["d"], {"n": 1}), (["e", "f"], {}), (["g"], {"n": 1})):
                asked.append(asyncio.create_task(batcher(texts, [], settings)))
                await asyncio.sleep(0)
            assert len(batcher) == 6
            model.gate.set()
            await asyncio.gather(*asked)
            assert len(batcher) == 0

    asyncio.run(ask())
    assert model.calls == [(["a"], {}), (["b", "c", "e"], {}), (["d", "g"], {"n": 1}), (["f"], {})]


def test_what_finds_no_room_is_refused_at_once_and_there_is_room_again():
    model = Held()

    async def ask():
        async with working(model, room=3) as batcher:
            asked = [asyncio.create_task(batcher(["a"], [], {}))]
            await model.called()
            asked.append(asyncio.create_task(batcher(["b", "c"], [], {})))
            await asyncio.sleep(0)
            with pytest.raises(QueueFullError):
                await batcher(["d", "e"], [], {})
            asked.append(asyncio.create_task(batcher(["f"], [], {})))
            await asyncio.sleep(0)
            model.gate.set()
            await asyncio.gather(*asked)
            return await batcher(["g", "h", "i"], [], {})

    assert [result.text for result in asyncio.run(ask())] == ["G{}", "H{}", "I{}"]
    assert not {"d", "e"} & {text for texts, _ in model.calls for text in texts}


def test_what_nobody_waits_for_is_not_begun_and_leaves_room():
    model = Held()

    async def ask():
        async with working(model, room=3) as batcher:
            begun = asyncio.create_task(batcher(["a"], [], {}))
            await model.called()
            given_up = asyncio.create_task(batcher(["b", "c"], [], {}))
            kept = asyncio.create_task(batcher(["d"], [], {}))
            await asyncio.sleep(0)
            begun.cancel()
            given_up.cancel()
            await asyncio.wait([begun, given_up])
            assert len(batcher) == 1
            model.gate.set()
            return await kept

    assert [result.text for result in asyncio.run(ask())] == ["D{}"]
    assert [texts for texts, _ in model.calls] == [["a"], ["d"]]


def test_a_batch_for_which_there_is_no_thread_fails_alone():
    model = Held(free=True)

    class NoThread(ThreadPoolExecutor):
        """Can't begin the first call."""

        refused = False

        def submit(self, *call, **options):
            if not self.refused:
                self.refused = True
                raise RuntimeError("can't start new thread")
            return super().submit(*call, **options)

    async def ask():
        asyncio.get_running_loop().set_default_executor(NoThread(1))
        async with working(model) as batcher:
            return [await batcher([text], [], {}) for text in "ab"]

    (failed,), (translated,) = asyncio.run(ask())
    assert str(failed) == "can't start new thread"
    assert translated.text == "B{}"

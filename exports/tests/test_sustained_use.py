"""A file in a service: many threads on one translator, many translations, several processes on one file."""

import os
import random
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from s2s_onnx.translator import Translator

THREADS, BATCH = 24, 100
MEMORY = Path("/proc/self/statm")
GROWTH_MB = 16
"""By how much memory may grow once every size of batch was there: what allocators keep, not what piles up."""

TRANSLATE = """
import sys
from s2s_onnx.translator import Translator

for found in Translator(sys.argv[1])(sys.argv[2:]):
    print(found.text, f"{found.score:.6f}")
"""


@pytest.fixture
def translator(exported: Callable[..., Path]) -> Translator:
    return Translator(exported("beam", beam_size=3, n_best=2), num_threads=1)


def texts_of(count: int, seed: int) -> list[str]:
    rng = random.Random(seed)
    return ["".join(rng.choices("abcdefgé zß", k=rng.choice((0, 1, 8, 8, 8, 30)))) for _ in range(count)]


@pytest.mark.long
def test_threads_get_what_one_thread_gets(translator: Translator, scale: Callable[[int, int], int]) -> None:
    batches = [texts_of(random.Random(number).randint(0, 40), number) for number in range(THREADS * scale(4, 200))]
    with ThreadPoolExecutor(THREADS) as pool:
        together = list(pool.map(translator, batches))
    for batch, found in zip(batches, together, strict=True):
        alone = translator(batch)
        assert [(each.text, each.score, each.symbols) for each in found] == [
            (each.text, each.score, each.symbols) for each in alone
        ]


@pytest.mark.long
def test_memory_stays_as_it_is(translator: Translator, scale: Callable[[int, int], int]) -> None:
    if not MEMORY.exists():
        pytest.skip("the memory in use is read from /proc, which is Linux's")
    count, found = scale(4_000, 200_000), 0
    translator(texts_of(1_000, seed=1))
    before = memory_mb()
    for start in range(0, count, BATCH):
        found += len(translator(texts_of(BATCH, seed=start)))
    assert found == count
    assert memory_mb() - before < GROWTH_MB


def memory_mb() -> float:
    """What this process has in memory."""
    return int(MEMORY.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def test_processes_share_a_file(exported: Callable[..., Path]) -> None:
    path, texts = exported("beam", beam_size=3, n_best=2), texts_of(20, seed=2)
    command = [sys.executable, "-c", TRANSLATE, str(path), *texts]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    outputs = [process.communicate()[0] for process in running]
    expected = "".join(f"{found.text} {found.score:.6f}\n" for found in Translator(path)(texts))
    assert outputs == [expected] * len(running)

"""What the machine can do at most: the product of two float32 matrices, as large as the sides' own at best."""

from collections.abc import Iterator, Mapping
from typing import Any

import torch

from benchmarks.speed.measured import Measured, Stopwatch, peak_memory

SIZE, TIMES = 1536, 6


def measure(options: Mapping[str, Any]) -> Iterator[Measured]:
    """The best of some products, in floating-point operations."""
    size = options.get("size", SIZE)
    left, right = torch.rand(size, size), torch.rand(size, size)
    found = []
    for _ in range(TIMES):
        watch = Stopwatch()
        torch.mm(left, right)
        found.append(watch.stop())
    yield Measured(2 * size**3, *min(found), peak_memory())

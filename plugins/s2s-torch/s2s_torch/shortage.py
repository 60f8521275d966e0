"""The errors by which PyTorch says that memory is short."""

import torch

SAYINGS = ("can't allocate memory", "not enough memory", "out of memory", "Storage size calculation overflowed")
"""Words of its allocators for processors, on Linux and macOS and on Windows, and for MPS: they raise RuntimeErrors.

The last are of a tensor whose bytes 64 bits don't count.
"""


def is_shortage(error: BaseException) -> bool:
    """Whether an error is one of those; CUDA's has a class of its own."""
    if isinstance(error, torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(saying in str(error) for saying in SAYINGS)

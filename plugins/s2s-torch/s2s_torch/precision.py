"""Mixed precision of a training step, by PyTorch's autocast: it decides operation by operation."""

from contextlib import AbstractContextManager, nullcontext

import torch

from s2s_toolkit.errors import UnsupportedError

DTYPES = {"bf16": torch.bfloat16, "fp16": torch.float16}


def check_precision(precision: str, device: torch.device) -> None:
    """UnsupportedError where a device can't calculate so; all have fp16, if some processors slowly."""
    if precision == "bf16" and device.type == "cuda" and not torch.cuda.is_bf16_supported(including_emulation=False):
        raise UnsupportedError(f"{torch.cuda.get_device_name(device)} has no bf16; set training.precision to fp32")


def lower_products(precision: str, device: torch.device) -> AbstractContextManager[object]:
    """Where products are in a precision."""
    return nullcontext() if precision == "fp32" else torch.autocast(device.type, dtype=DTYPES[precision])

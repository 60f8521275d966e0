"""Mixed precision of a training step, by PyTorch's autocast: it decides operation by operation."""

from contextlib import AbstractContextManager, nullcontext

import torch
from torch import nn

from s2s_toolkit.errors import UnsupportedError

DTYPES = {"bf16": torch.bfloat16, "fp16": torch.float16}


def check_precision(precision: str, device: torch.device) -> None:
    """UnsupportedError where a device can't calculate so; all have fp16, if some processors slowly."""
    if precision == "bf16" and device.type == "cuda" and not torch.cuda.is_bf16_supported(including_emulation=False):
        raise UnsupportedError(f"{torch.cuda.get_device_name(device)} has no bf16; set training.precision to fp32")


def stays_in_32_bits(layer: nn.Module, device: torch.device) -> bool:
    """Whether a recurrent layer has no way back in the precision of what is around it.

    On processors PyTorch has none through an LSTM in fp16: oneDNN has no such primitive.
    """
    return isinstance(layer, nn.LSTM) and device.type == "cpu" and torch.get_autocast_dtype("cpu") == torch.float16


def lower_products(precision: str, device: torch.device) -> AbstractContextManager[object]:
    """Where products are in a precision."""
    return nullcontext() if precision == "fp32" else torch.autocast(device.type, dtype=DTYPES[precision])

"""The devices of this machine."""

import torch

from s2s_toolkit.errors import UnsupportedError

CPU = torch.device("cpu")


def found_devices(count: int) -> list[torch.device]:
    """So many devices: the machine's GPUs where it has any, otherwise the processor, once for each.

    UnsupportedError where there are fewer.
    """
    gpus = torch.cuda.device_count()
    if 0 < gpus < count:
        raise UnsupportedError(f"{count} devices were asked for; PyTorch finds {gpus} GPU{'s' * (gpus > 1)} here")
    return [torch.device("cuda", number) for number in range(count)] if gpus else [CPU] * count

"""The devices of this machine."""

import torch

from s2s_toolkit.devices import chosen_devices

CPU = torch.device("cpu")


def found_devices(asked: str, count: int) -> list[torch.device]:
    """The devices that are asked for; UnsupportedError where they are not there."""
    there = {"cuda": torch.cuda.device_count(), "mps": int(torch.backends.mps.is_available())}
    return [torch.device(name) for name in chosen_devices(asked, count, there)]

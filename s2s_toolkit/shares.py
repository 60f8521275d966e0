"""What each of several devices gets of a batch; cut here, so that every framework cuts alike."""

import zlib
from collections.abc import Sequence
from dataclasses import fields, replace

import numpy as np

from s2s_toolkit.batches import Batch


def shares(batch: Batch, devices: int) -> list[Batch]:
    """The rows of a batch, dealt out one by one, since neighbours are alike in length.

    A device for which no row is left gets the first one with nothing to learn in it.
    """
    return [_rows(batch, np.arange(device, len(batch.source_ids), devices)) for device in range(devices)]


def share_seeds(seeds: Sequence[int], device: int) -> list[int]:
    """What draws the dropout of each batch on a device; on the first one it is the batch's own seed."""
    return [zlib.crc32(f"{seed} {device}".encode()) >> 1 if device else seed for seed in seeds]


def _rows(batch: Batch, rows: np.ndarray) -> Batch:
    if not len(rows):
        first = _rows(batch, np.arange(1))
        return replace(first, target_mask=np.zeros_like(first.target_mask))
    return Batch(*(getattr(batch, field.name)[rows] for field in fields(batch)))

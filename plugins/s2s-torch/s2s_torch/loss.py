"""The training loss."""

import torch
from torch import Tensor
from torch.nn import functional

from s2s_toolkit.batches import Batch
from s2s_torch.model import Model


def batch_loss(model: Model, batch: Batch) -> Tensor:
    """Cross-entropy in nats, summed over real target tokens; padding gets no logits at all."""
    source_ids, source_lengths, target_in, target_out, mask = to_tensors(batch, next(model.parameters()).device)
    readouts, _ = model.unroll(source_ids, source_lengths, target_in)
    return functional.cross_entropy(model.output(readouts[mask]), target_out[mask], reduction="sum")


def to_tensors(batch: Batch, device: torch.device) -> tuple[Tensor, ...]:
    """The five arrays of a batch as tensors, in their order."""
    arrays = (batch.source_ids, batch.source_lengths, batch.target_in, batch.target_out, batch.target_mask)
    return tuple(torch.from_numpy(array).to(device) for array in arrays)

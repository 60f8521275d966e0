"""The training loss."""

import torch
from torch import Tensor

from s2s_toolkit.batches import Batch
from s2s_torch.cross_entropy import cross_entropies
from s2s_torch.model import Model


def batch_loss(model: Model, batch: Batch) -> Tensor:
    """Cross-entropy in nats, summed over real target tokens; padding gets no logits at all."""
    return training_losses(model, batch, 0.0)[0]


def training_losses(model: Model, batch: Batch, label_smoothing: float) -> tuple[Tensor, Tensor]:
    """What is minimised, and the cross-entropy of `batch_loss`; they are one without smoothing."""
    source_ids, source_lengths, target_in, target_out, mask = to_tensors(batch, next(model.parameters()).device)
    readouts, _ = model.unroll(source_ids, source_lengths, target_in)
    weight, bias = model.output.weight, model.output.bias
    return cross_entropies(readouts[mask], weight, bias, target_out[mask], label_smoothing)


def to_tensors(batch: Batch, device: torch.device) -> tuple[Tensor, ...]:
    """The five arrays of a batch as tensors, in their order."""
    arrays = (batch.source_ids, batch.source_lengths, batch.target_in, batch.target_out, batch.target_mask)
    return tuple(torch.from_numpy(array).to(device) for array in arrays)

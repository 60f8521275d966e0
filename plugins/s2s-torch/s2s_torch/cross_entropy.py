"""Cross-entropy of what readouts are projected to, without the logits of a whole batch.

Those and their gradient would be the largest arrays of a step: 60 MB for a thousand target tokens and 8,000 symbols. So
they are made for some rows at a time, and the gradient is taken while the probabilities are at hand.
"""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional

ROWS, ELEMENTS = 256, 2**21
"""As many rows as that many logits have, but no fewer than make a product of matrices worth while."""


def cross_entropies(
    readouts: Tensor, weight: Tensor, bias: Tensor, targets: Tensor, label_smoothing: float = 0.0
) -> tuple[Tensor, Tensor]:
    """Readouts (N, R), projection (V, R) and (V,), targets (N,) -> what is minimised and the cross-entropy, in nats.

    Both are sums in 32 bits, and one without smoothing. The first can be differentiated, once.

    Szegedy et al. (2016), section 7: a share of the target's probability goes to all symbols alike.
    """
    return _CrossEntropies.apply(readouts, weight, bias, targets, label_smoothing, torch.is_grad_enabled())


class _CrossEntropies(torch.autograd.Function):
    """Takes the gradient on the way there, but for the factor that the way back brings."""

    @staticmethod
    def forward(
        ctx: Any,
        readouts: Tensor,
        weight: Tensor,
        bias: Tensor,
        targets: Tensor,
        label_smoothing: float,
        differentiates: bool,
    ) -> tuple[Tensor, Tensor]:
        device, (size, _) = readouts.device.type, weight.shape
        dtype = torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else weight.dtype
        inputs, matrix, vector = (tensor.to(dtype) for tensor in (readouts, weight, bias))
        if differentiates:
            of_readouts, of_weight, of_bias = torch.empty_like(inputs), torch.zeros_like(weight), torch.zeros_like(bias)
        loss, all_log_probs = (torch.zeros((), device=readouts.device) for _ in range(2))
        with torch.autocast(device, enabled=False):
            for rows in _slices(len(inputs), size):
                logits = functional.linear(inputs[rows], matrix, vector).float()
                log_probs = functional.log_softmax(logits, dim=-1)
                loss += functional.nll_loss(log_probs, targets[rows], reduction="sum")
                if label_smoothing:
                    all_log_probs += log_probs.sum()
                if differentiates:
                    gradient = _of_logits(log_probs, targets[rows], label_smoothing)
                    of_bias += gradient.sum(dim=0)
                    gradient = gradient.to(dtype)
                    torch.mm(gradient, matrix, out=of_readouts[rows])
                    _add_product(of_weight, gradient.t(), inputs[rows])
        if differentiates:
            ctx.save_for_backward(of_readouts.to(readouts.dtype), of_weight, of_bias)
        minimised = (1 - label_smoothing) * loss - label_smoothing / size * all_log_probs
        ctx.mark_non_differentiable(loss)
        return minimised, loss

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, factor: Tensor, _: Tensor) -> tuple[Tensor | None, ...]:
        gradients = ctx.saved_tensors
        return *(gradient * factor for gradient in gradients), None, None, None


def _slices(count: int, size: int) -> Iterator[slice]:
    """The rows of each piece."""
    rows = max(ROWS, ELEMENTS // size)
    return (slice(start, start + rows) for start in range(0, count, rows))


def _of_logits(log_probs: Tensor, targets: Tensor, label_smoothing: float) -> Tensor:
    """The gradient by the logits (N, V), in place of their log-probabilities."""
    gradient = log_probs.exp_()
    if label_smoothing:
        gradient -= label_smoothing / gradient.shape[-1]
    gradient[torch.arange(len(targets), device=targets.device), targets] -= 1 - label_smoothing
    return gradient


def _add_product(total: Tensor, left: Tensor, right: Tensor) -> None:
    """Add a product of matrices, which may be in a lower precision."""
    if left.dtype == total.dtype:
        total.addmm_(left, right)
    else:
        total += left @ right

"""Attention: the scorer of either kind, with the core's masking and softmax."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from s2s_toolkit.parts.attention import Memory, attend
from s2s_torch.namespace import TorchNamespace

NEGLIGIBLE = 1e-20
"""Attention that no sum of 32 bits can notice."""


class Attention(nn.Module):
    """Look up a memory with queries.

    Args:
        scorer: A module with `keys(memory)` and `score(query, keys)`, native or a wrapped portable one.
    """

    def __init__(self, scorer: nn.Module) -> None:
        super().__init__()
        self.scorer = scorer

    def memory(self, values: Tensor, mask: Tensor) -> Memory:
        """What to attend to: encoder outputs (B, S, M) and their mask (B, S)."""
        return Memory(values, self.scorer.keys(values), mask)

    def attend(self, query: Tensor, memory: Memory) -> tuple[Tensor, Tensor]:
        """Look the memory up.

        One query per row: (B, Q) -> context (B, M), attention (B, S).
        One per step: (B, T, Q) -> context (B, T, M), attention (B, T, S).
        """
        queries = query if query.dim() == 3 else query[:, None]
        context, attention = attend(_Namespace(), self.scorer.score(queries, memory.keys).float(), memory)
        return (context, attention) if query.dim() == 3 else (context[:, 0], attention[:, 0])


class _Namespace(TorchNamespace):
    """Softmax without the numbers next to zero, which a processor multiplies a hundred times as slowly.

    Attention that has become sharp is full of them, and so are its gradients. TensorFlow takes them for zero
    throughout; in PyTorch that would be a setting of whole threads, others' work included.
    """

    @staticmethod
    def softmax(x: Tensor) -> Tensor:
        return _Softmax.apply(x)


class _Softmax(torch.autograd.Function):
    """Over the last axis."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        y = torch.threshold_(torch.softmax(x, dim=-1), NEGLIGIBLE, 0.0)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        (y,) = ctx.saved_tensors
        return torch._softmax_backward_data(gradient, y, -1, gradient.dtype)

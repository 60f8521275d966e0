"""Attention scorers for PyTorch that are each wrong in one way; `broken_scorers.py` offers them."""

import numpy as np
import torch
from torch import Tensor, nn


class Native(nn.Module):
    """Nothing is wrong with this one."""

    def __init__(self, query_size: int, memory_size: int) -> None:
        super().__init__()
        self.key = nn.Linear(memory_size, query_size, bias=False)

    def keys(self, memory: Tensor) -> Tensor:
        return self.key(memory)

    def score(self, query: Tensor, keys: Tensor) -> Tensor:
        return query @ keys.transpose(1, 2)


class Detached(Native):
    def keys(self, memory: Tensor) -> Tensor:
        return self.key(memory).detach()


class PartlyDetached(Native):
    """Half of the weight is a constant to the gradient."""

    def keys(self, memory: Tensor) -> Tensor:
        half = len(self.key.weight) // 2
        weight = torch.cat([self.key.weight[:half].detach(), self.key.weight[half:]])
        return memory @ weight.T


class Scaled(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.clone()

    @staticmethod
    def backward(ctx, gradient):
        return gradient * 1.05


class WrongGradient(Native):
    def keys(self, memory: Tensor) -> Tensor:
        return Scaled.apply(self.key(memory))


class Draws(Native):
    def score(self, query: Tensor, keys: Tensor) -> Tensor:
        return torch.dropout(super().score(query, keys), 0.1, train=True)


class DrawsUnseeded(Native):
    def score(self, query: Tensor, keys: Tensor) -> Tensor:
        noise = np.random.default_rng().normal() if self.training else 0.0
        return super().score(query, keys) * (1 + noise)


class Unsaved(Native):
    def __init__(self, query_size: int, memory_size: int) -> None:
        super().__init__(query_size, memory_size)
        self.scale = torch.randn(query_size)

    def score(self, query: Tensor, keys: Tensor) -> Tensor:
        return super().score(query * self.scale, keys)


class RunningMean(Native):
    """What is learnt in passing, and is no parameter."""

    def __init__(self, query_size: int, memory_size: int) -> None:
        super().__init__(query_size, memory_size)
        self.mean = torch.zeros(query_size)

    def keys(self, memory: Tensor) -> Tensor:
        keys = super().keys(memory)
        if self.training:
            self.mean = 0.9 * self.mean + 0.1 * keys.detach().mean(dim=(0, 1))
        return (keys - self.mean) * self.mean.exp()


class TwinOfAnother(Native):
    def score(self, query: Tensor, keys: Tensor) -> Tensor:
        return super().score(query, keys) * 1.001

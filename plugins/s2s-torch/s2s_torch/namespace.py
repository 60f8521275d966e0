"""PyTorch as an array namespace for portable parts (`s2s_toolkit.arrays`)."""

from typing import Any

import torch
from array_api_compat import torch as xp
from torch import Tensor

from s2s_toolkit.arrays import FUNCTIONS, Branch


class TorchNamespace:
    """array-api-compat's PyTorch namespace, with our six functions and a `take` for indices of any rank."""

    def __getattr__(self, name: str) -> Any:
        if name not in FUNCTIONS:
            raise AttributeError(f"the array namespace has no {name!r}; it has: {', '.join(FUNCTIONS)}")
        return getattr(xp, name)

    sigmoid = staticmethod(torch.sigmoid)
    where = staticmethod(torch.where)

    @staticmethod
    def cond(condition: Tensor | bool, then: Branch, otherwise: Branch) -> tuple[Tensor, ...]:
        return then() if condition else otherwise()

    @staticmethod
    def put_along_axis(x: Tensor, indices: Tensor, values: Tensor | float, *, axis: int = -1) -> Tensor:
        return torch.scatter(x, axis, indices, values)

    @staticmethod
    def softmax(x: Tensor) -> Tensor:
        return torch.softmax(x, dim=-1)

    @staticmethod
    def log_softmax(x: Tensor) -> Tensor:
        return torch.log_softmax(x, dim=-1)

    @staticmethod
    def top_k(x: Tensor, k: int) -> tuple[Tensor, Tensor]:
        """A stable sort, since `torch.topk` leaves the order of equal values open."""
        values, positions = torch.sort(x, dim=-1, descending=True, stable=True)
        return values[..., :k], positions[..., :k]

    @staticmethod
    def take(x: Tensor, indices: Tensor, *, axis: int) -> Tensor:
        flat = torch.index_select(x, axis, indices.reshape(-1))
        return flat.reshape(*x.shape[:axis], *indices.shape, *x.shape[axis:][1:])

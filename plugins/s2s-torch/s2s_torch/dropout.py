"""Dropout that draws fast on a processor, where `Tensor.bernoulli_` takes four times as long as `torch.rand`."""

import torch
from torch import Tensor, nn


class Dropout(nn.Dropout):
    """Srivastava et al. (2014), scaled while training; as `nn.Dropout` but for which elements a seed drops."""

    def forward(self, values: Tensor) -> Tensor:
        """Anything (…) -> the same with a share `p` of its elements zero and the others larger by 1 / (1 - p)."""
        if not self.training or not 0 < self.p < 1 or values.device.type != "cpu":
            return super().forward(values)
        kept = torch.rand(values.shape).ge_(self.p).mul_(1 / (1 - self.p))  # 16 bits would draw on a coarse grid
        return values * kept.to(values.dtype)

"""Portable parts as modules: the core's lines on PyTorch tensors, their weights as parameters."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from s2s_torch.namespace import TorchNamespace

Attend = Callable[[Tensor], tuple[Tensor, Tensor]]


class PortablePart(nn.Module):
    """Holds the declared weights of a portable part; a dot can't stand in a parameter's name, so it becomes a slash."""

    def __init__(self, part: Any) -> None:
        super().__init__()
        self.part = part
        for name, weight in part.weights().items():
            self.register_parameter(name.replace(".", "/"), nn.Parameter(torch.zeros(weight.shape)))

    @property
    def weights(self) -> dict[str, Tensor]:
        """The part's weights by their own names."""
        return {name.replace("/", "."): value for name, value in self._parameters.items() if value is not None}


class PortableScorer(PortablePart):
    """A portable attention scorer."""

    def keys(self, memory: Tensor) -> Tensor:
        """Memory (B, S, M) -> keys (B, S, A)."""
        return self.part.keys(TorchNamespace(), self.weights, memory)

    def score(self, query: Tensor, keys: Tensor) -> Tensor:
        """Query (B, T, Q), keys (B, S, A) -> scores (B, T, S)."""
        return self.part.score(TorchNamespace(), self.weights, query, keys)


class PortableEncoder(PortablePart):
    """A portable encoder."""

    def encode(self, inputs: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Embedded source (B, S, E), lengths (B,) -> memory (B, S, M), summary (B, M)."""
        return self.part.encode(TorchNamespace(), self.weights, inputs, lengths)


class PortableDecoder(PortablePart):
    """A portable decoder; it unrolls by repeating its step."""

    def start(self, summary: Tensor) -> dict[str, Tensor]:
        """Summary (B, M) -> the first state."""
        return self.part.start(TorchNamespace(), self.weights, summary)

    def step(
        self, previous: Tensor, state: dict[str, Tensor], attend: Attend
    ) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
        """Previous embedding (B, E) and state -> readout (B, R), attention (B, S), state."""
        return self.part.step(TorchNamespace(), self.weights, previous, state, attend)

    def unroll(self, embedded: Tensor, state: dict[str, Tensor], attend: Attend) -> tuple[Tensor, Tensor]:
        """Embedded target (B, T, E) -> readouts (B, T, R), attention (B, T, S)."""
        steps = []
        for previous in embedded.unbind(dim=1):
            readout, attention, state = self.step(previous, state, attend)
            steps.append((readout, attention))
        readouts, attentions = zip(*steps, strict=True)
        return torch.stack(readouts, dim=1), torch.stack(attentions, dim=1)

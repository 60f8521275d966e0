"""Recurrent cells. Gate order r z n (GRU) and i f g o (LSTM); the arrays lie as `docs/weights.md` says.

The input's product is computed apart (`project`), so that a decoder can do it for a whole target at once.
"""

import torch
from torch import Tensor, nn

State = dict[str, Tensor]


class GruCell(nn.Module):
    """A gated recurrent unit whose reset gate acts after the recurrent product (Cho et al. 2014)."""

    entries = ("hidden",)

    def __init__(self, input_size: int, size: int) -> None:
        super().__init__()
        self.input_kernel = nn.Parameter(torch.empty(input_size, 3 * size))
        self.recurrent_kernel = nn.Parameter(torch.empty(size, 3 * size))
        self.input_bias = nn.Parameter(torch.empty(3 * size))
        self.recurrent_bias = nn.Parameter(torch.empty(3 * size))

    def project(self, inputs: Tensor) -> Tensor:
        """The input's share of the gates: (…, I) -> (…, 3H). The input may be the first columns of the whole."""
        return inputs @ self.input_kernel[: inputs.shape[-1]] + self.input_bias

    def rest(self, size: int) -> Tensor:
        """The kernel of the input's last columns, which `project` was not given: (I', 3H); to be cut before a loop."""
        return self.input_kernel[-size:]

    def forward(self, projected: Tensor, state: State) -> State:
        """Advance the state by one position, from the projected input (B, 3H)."""
        hidden = state["hidden"]
        recurrent = torch.addmm(self.recurrent_bias, hidden, self.recurrent_kernel)  # (B, 3H)
        parts = (2 * hidden.shape[-1], hidden.shape[-1])
        input_gates, input_new = projected.split(parts, dim=-1)
        recurrent_gates, recurrent_new = recurrent.split(parts, dim=-1)
        reset, update = torch.sigmoid(input_gates + recurrent_gates).chunk(2, dim=-1)
        new = torch.tanh(input_new + reset * recurrent_new)
        return {"hidden": torch.lerp(new.to(hidden.dtype), hidden, update.to(hidden.dtype))}


class LstmCell(nn.Module):
    """A long short-term memory with forget gate and without peepholes (Gers et al. 2000)."""

    entries = ("hidden", "cell")

    def __init__(self, input_size: int, size: int) -> None:
        super().__init__()
        self.input_kernel = nn.Parameter(torch.empty(input_size, 4 * size))
        self.recurrent_kernel = nn.Parameter(torch.empty(size, 4 * size))
        self.bias = nn.Parameter(torch.empty(4 * size))

    def project(self, inputs: Tensor) -> Tensor:
        """The input's share of the gates: (…, I) -> (…, 4H). The input may be the first columns of the whole."""
        return inputs @ self.input_kernel[: inputs.shape[-1]] + self.bias

    def rest(self, size: int) -> Tensor:
        """The kernel of the input's last columns, which `project` was not given: (I', 4H); to be cut before a loop."""
        return self.input_kernel[-size:]

    def forward(self, projected: Tensor, state: State) -> State:
        """Advance the state by one position, from the projected input (B, 4H)."""
        gates = torch.addmm(projected, state["hidden"], self.recurrent_kernel)
        input_gate, forget_gate, candidate, output_gate = gates.chunk(4, dim=-1)
        cell = torch.sigmoid(forget_gate) * state["cell"] + torch.sigmoid(input_gate) * torch.tanh(candidate)
        return {"hidden": torch.sigmoid(output_gate) * torch.tanh(cell), "cell": cell}


CELLS = {"gru": GruCell, "lstm": LstmCell}
"""The cells by the name that a config gives."""

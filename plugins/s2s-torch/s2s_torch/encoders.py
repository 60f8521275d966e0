"""Recurrent encoders."""

import torch
from torch import Tensor, nn

from s2s_toolkit.parts import encoders as reference
from s2s_toolkit.parts.twins import made_from
from s2s_torch.dropout import Dropout
from s2s_torch.norms import layer_norms
from s2s_torch.precision import stays_in_32_bits


class RecurrentEncoder(nn.Module):
    """Read the source in one or two directions, in one or several layers; padding is exact.

    A packed sequence would do the same, but the way back through one takes a time that grows with the square of the
    source's length: each position is given a gradient of the size of them all.

    Args:
        sizes: The reference encoder, which says how large everything is.
    """

    layer_class: type[nn.GRU] | type[nn.LSTM]

    @made_from(reference.RecurrentEncoder)
    def __init__(self, sizes: reference.RecurrentEncoder) -> None:
        super().__init__()
        self.memory_size, self.directions = sizes.memory_size, sizes.directions
        inputs = [sizes.input_size] + [sizes.memory_size] * (sizes.num_layers - 1)
        layers = ([self._reader(input_size, sizes.size) for _ in self.directions] for input_size in inputs)
        self.layers = nn.ModuleList(map(nn.ModuleList, layers))
        self.norms = layer_norms(sizes.memory_size, sizes.num_layers) if sizes.layer_norm else None
        self.dropout = Dropout(sizes.dropout)

    def encode(self, inputs: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Embedded source (B, S, E), lengths (B,) -> memory (B, S, M), zero on padding, and summary (B, M).

        Both directions start at a real token and reach padding last, so that it can't change what they read before.
        """
        position = torch.arange(inputs.shape[1], device=inputs.device)
        real = position < lengths[:, None]  # (B, S)
        reversal = torch.where(real, lengths[:, None] - 1 - position, position)  # (B, S), its own inverse
        for number, readers in enumerate(self.layers.children()):
            below = self.dropout(inputs) if number else inputs
            each = zip(self.directions, readers.children(), strict=True)
            outputs = {direction: _read(reader, below, reversal, direction) for direction, reader in each}
            inputs = self._normalized(number, torch.cat(list(outputs.values()), dim=-1))  # (B, S, M)
        last = [_taken(outputs["forward"], lengths[:, None] - 1)[:, 0]]  # (B, H)
        if "backward" in outputs:
            last.append(outputs["backward"][:, 0])
        memory, summary = inputs * real[:, :, None], self._normalized(number, torch.cat(last, dim=-1))
        return self.dropout(memory.float()), self.dropout(summary.float())  # 32 bits, whatever the products were in

    def _normalized(self, layer: int, outputs: Tensor) -> Tensor:
        """What a layer gives (…, M), normalised if it is to be; padding becomes anything."""
        return outputs if self.norms is None else self.norms[layer](outputs)

    def _reader(self, input_size: int, size: int) -> nn.GRU | nn.LSTM:
        """One layer in one direction."""
        made = self.layer_class(input_size, size, batch_first=True)
        if isinstance(made, nn.LSTM):
            made.bias_hh_l0 = nn.Parameter(torch.zeros(4 * size), requires_grad=False)  # Keras and we have one bias
        return made


def _read(reader: nn.Module, inputs: Tensor, reversal: Tensor, direction: str) -> Tensor:
    """The hidden states (B, S, H) of one layer in one direction."""
    if direction == "backward":
        return _taken(_read(reader, _taken(inputs, reversal), reversal, "forward"), reversal)
    if not stays_in_32_bits(reader, inputs.device):
        return reader(inputs)[0]
    with torch.autocast(inputs.device.type, enabled=False):
        return reader(inputs.float())[0]


def _taken(values: Tensor, positions: Tensor) -> Tensor:
    """Of each row of (B, S, …) the positions (B, P), as (B, P, …)."""
    first = torch.arange(len(values), device=values.device)[:, None] * values.shape[1]
    return values.flatten(0, 1).index_select(0, (first + positions).flatten()).unflatten(0, positions.shape)


class GruEncoder(RecurrentEncoder):
    """A recurrent encoder of gated recurrent units (Cho et al. 2014)."""

    layer_class = nn.GRU


class LstmEncoder(RecurrentEncoder):
    """A recurrent encoder of long short-term memories (Hochreiter and Schmidhuber 1997)."""

    layer_class = nn.LSTM

"""Recurrent encoders."""

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from s2s_toolkit.parts import encoders as reference
from s2s_toolkit.parts.twins import made_from
from s2s_torch.dropout import Dropout
from s2s_torch.norms import layer_norms


class RecurrentEncoder(nn.Module):
    """Read the source in one or two directions, in one or several layers; padding is exact.

    Where layers are normalised, each is a module of its own; otherwise one module has all, which is faster.

    Args:
        sizes: The reference encoder, which says how large everything is.
    """

    layer_class: type[nn.GRU] | type[nn.LSTM]

    @made_from(reference.RecurrentEncoder)
    def __init__(self, sizes: reference.RecurrentEncoder) -> None:
        super().__init__()
        self.memory_size, self.num_directions = sizes.memory_size, len(sizes.directions)
        self.layers: nn.Module
        self.norms: nn.ModuleList | None = None
        if sizes.layer_norm:
            inputs = [sizes.input_size] + [sizes.memory_size] * (sizes.num_layers - 1)
            self.layers = nn.ModuleList(self._stack(sizes, input_size, 1) for input_size in inputs)
            self.norms = layer_norms(sizes.memory_size, sizes.num_layers)
        else:
            self.layers = self._stack(sizes, sizes.input_size, sizes.num_layers)
        self.dropout = Dropout(sizes.dropout)

    def encode(self, inputs: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Embedded source (B, S, E), lengths (B,) -> memory (B, S, M), zero on padding, and summary (B, M)."""
        packed = pack_padded_sequence(inputs, lengths.cpu(), batch_first=True, enforce_sorted=False)
        outputs, summary = (
            self._read(self.layers, packed) if self.norms is None else self._read_each(packed, self.norms)
        )
        memory, _ = pad_packed_sequence(outputs, batch_first=True, total_length=inputs.shape[1])
        return self.dropout(memory.float()), self.dropout(summary.float())  # 32 bits, whatever the products were in

    def _read(self, stack: nn.Module, packed: PackedSequence) -> tuple[PackedSequence, Tensor]:
        """The outputs of a stack's top layer, and its last state of each direction, side by side (B, M)."""
        outputs, last = stack(packed)
        hidden = last[0] if isinstance(last, tuple) else last  # (layers * directions, B, H)
        return outputs, torch.cat(list(hidden[-self.num_directions :]), dim=-1)

    def _read_each(self, packed: PackedSequence, norms: nn.ModuleList) -> tuple[PackedSequence, Tensor]:
        """As `_read`, layer by layer; a packed sequence holds real positions alone, so padding stays zero."""
        for number, (layer, norm) in enumerate(zip(self.layers.children(), norms, strict=True)):
            below = _with_data(packed, self.dropout(packed.data)) if number else packed
            outputs, summary = self._read(layer, below)
            packed, summary = _with_data(outputs, norm(outputs.data)), norm(summary)
        return packed, summary

    def _stack(self, sizes: reference.RecurrentEncoder, input_size: int, num_layers: int) -> nn.GRU | nn.LSTM:
        made = self.layer_class(
            input_size,
            sizes.size,
            num_layers,
            batch_first=True,
            bidirectional=self.num_directions == 2,
            dropout=sizes.dropout if num_layers > 1 else 0.0,
        )
        for name, parameter in made.named_parameters():
            if isinstance(made, nn.LSTM) and name.startswith("bias_hh"):
                nn.init.zeros_(parameter.requires_grad_(False))  # it adds two biases; Keras and we have one
        return made


class GruEncoder(RecurrentEncoder):
    """A recurrent encoder of gated recurrent units (Cho et al. 2014)."""

    layer_class = nn.GRU


class LstmEncoder(RecurrentEncoder):
    """A recurrent encoder of long short-term memories (Hochreiter and Schmidhuber 1997)."""

    layer_class = nn.LSTM


def _with_data(packed: PackedSequence, data: Tensor) -> PackedSequence:
    return PackedSequence(data, packed.batch_sizes, packed.sorted_indices, packed.unsorted_indices)

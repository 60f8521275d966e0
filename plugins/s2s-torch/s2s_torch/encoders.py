"""Recurrent encoders."""

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence


class RecurrentEncoder(nn.Module):
    """Read the source in one or two directions, in one or several layers; padding is exact.

    Args:
        input_size: Size of a source embedding.
        size: Units of each direction.
        num_layers: Layers, each reading the one below.
        bidirectional: Also read from the end to the start.
        dropout: Share of values dropped between layers and from the memory while training.
    """

    layer_class: type[nn.GRU] | type[nn.LSTM]

    def __init__(
        self, input_size: int, *, size: int = 256, num_layers: int = 1, bidirectional: bool = True, dropout: float = 0.0
    ) -> None:
        super().__init__()
        self.layers = self.layer_class(
            input_size,
            size,
            num_layers,
            batch_first=True,
            bidirectional=bidirectional,
            dropout=dropout if num_layers > 1 else 0.0,
        )
        self.dropout = nn.Dropout(dropout)
        self.num_directions = 2 if bidirectional else 1
        self.memory_size = size * self.num_directions

    def encode(self, inputs: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Embedded source (B, S, E), lengths (B,) -> memory (B, S, M), zero on padding, and summary (B, M)."""
        packed = pack_padded_sequence(inputs, lengths.cpu(), batch_first=True, enforce_sorted=False)
        outputs, last = self.layers(packed)
        memory, _ = pad_packed_sequence(outputs, batch_first=True, total_length=inputs.shape[1])
        hidden = last[0] if isinstance(last, tuple) else last  # (layers * directions, B, H)
        summary = torch.cat(list(hidden[-self.num_directions :]), dim=-1)
        return self.dropout(memory), self.dropout(summary)


class GruEncoder(RecurrentEncoder):
    """A recurrent encoder of gated recurrent units (Cho et al. 2014)."""

    layer_class = nn.GRU


class LstmEncoder(RecurrentEncoder):
    """A recurrent encoder of long short-term memories (Hochreiter and Schmidhuber 1997)."""

    layer_class = nn.LSTM

    def __init__(
        self, input_size: int, *, size: int = 256, num_layers: int = 1, bidirectional: bool = True, dropout: float = 0.0
    ) -> None:
        super().__init__(input_size, size=size, num_layers=num_layers, bidirectional=bidirectional, dropout=dropout)
        for name, parameter in self.layers.named_parameters():
            if name.startswith("bias_hh"):  # nn.LSTM adds two biases; one is enough, and Keras and we have one
                nn.init.zeros_(parameter.requires_grad_(False))

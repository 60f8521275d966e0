"""Recurrent encoders."""

import keras
import tensorflow as tf
from tensorflow import Tensor

from s2s_tensorflow.cells import GruCell, LstmCell


class RecurrentEncoder(keras.layers.Layer):
    """Read the source in one or two directions, in one or several layers; padding is exact.

    Args:
        input_size: Size of a source embedding.
        size: Units of each direction.
        num_layers: Layers, each reading the one below.
        bidirectional: Also read from the end to the start.
        dropout: Share of values dropped between layers and from the memory while training.
    """

    cell_class: type[GruCell] | type[LstmCell]

    def __init__(
        self, input_size: int, *, size: int = 256, num_layers: int = 1, bidirectional: bool = True, dropout: float = 0.0
    ) -> None:
        super().__init__()
        directions = ("forward", "backward") if bidirectional else ("forward",)
        self.memory_size = size * len(directions)
        inputs = [input_size] + [self.memory_size] * (num_layers - 1)
        self.layers = [{direction: self.cell_class(i, size) for direction in directions} for i in inputs]
        self.dropout = keras.layers.Dropout(dropout, seed=0)

    def encode(self, inputs: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Embedded source (B, S, E), lengths (B,) -> memory (B, S, M), zero on padding, and summary (B, M).

        Both directions start at a real token and reach padding last, so that it can't change what they read before.
        """
        for number, cells in enumerate(self.layers):
            below = self.dropout(inputs) if number else inputs
            outputs = {direction: _read(cell, below, lengths, direction) for direction, cell in cells.items()}
            inputs = tf.concat(list(outputs.values()), axis=-1)  # (B, S, M)
        last = {"forward": tf.gather(outputs["forward"], lengths - 1, batch_dims=1)}  # (B, H)
        if "backward" in outputs:
            last["backward"] = outputs["backward"][:, 0]
        real = tf.sequence_mask(lengths, tf.shape(inputs)[1])[:, :, None]
        memory, summary = tf.where(real, inputs, 0.0), tf.concat(list(last.values()), axis=-1)
        return self.dropout(memory), self.dropout(summary)


def _read(cell: GruCell | LstmCell, inputs: Tensor, lengths: Tensor, direction: str) -> Tensor:
    """The hidden states (B, S, H) of one layer in one direction."""
    if direction == "backward":
        inputs = tf.reverse_sequence(inputs, lengths, seq_axis=1)
    projected = tf.transpose(cell.project(inputs), (1, 0, 2))  # (S, B, 3H or 4H)
    start = {entry: tf.zeros((tf.shape(inputs)[0], cell.size)) for entry in cell.entries}
    states = tf.scan(lambda state, at: cell(at, state), projected, start)
    outputs = tf.transpose(states["hidden"], (1, 0, 2))  # (B, S, H)
    return tf.reverse_sequence(outputs, lengths, seq_axis=1) if direction == "backward" else outputs


class GruEncoder(RecurrentEncoder):
    """A recurrent encoder of gated recurrent units (Cho et al. 2014)."""

    cell_class = GruCell


class LstmEncoder(RecurrentEncoder):
    """A recurrent encoder of long short-term memories (Hochreiter and Schmidhuber 1997)."""

    cell_class = LstmCell

"""Recurrent encoders."""

import keras
import tensorflow as tf
from tensorflow import Tensor

from s2s_tensorflow.cells import GruCell, LstmCell
from s2s_tensorflow.norms import layer_norms
from s2s_toolkit.parts import encoders as reference
from s2s_toolkit.parts.twins import made_from


class RecurrentEncoder(keras.layers.Layer):
    """Read the source in one or two directions, in one or several layers; padding is exact.

    Args:
        sizes: The reference encoder, which says how large everything is.
    """

    cell_class: type[GruCell] | type[LstmCell]

    @made_from(reference.RecurrentEncoder)
    def __init__(self, sizes: reference.RecurrentEncoder) -> None:
        super().__init__()
        self.memory_size = sizes.memory_size
        inputs = [sizes.input_size] + [sizes.memory_size] * (sizes.num_layers - 1)
        self.layers = [{direction: self.cell_class(i, sizes.size) for direction in sizes.directions} for i in inputs]
        self.norms = layer_norms(sizes.num_layers) if sizes.layer_norm else None
        self.dropout = keras.layers.Dropout(sizes.dropout, seed=0)

    def encode(self, inputs: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Embedded source (B, S, E), lengths (B,) -> memory (B, S, M), zero on padding, and summary (B, M).

        Both directions start at a real token and reach padding last, so that it can't change what they read before.
        """
        for number, cells in enumerate(self.layers):
            below = self.dropout(inputs) if number else inputs
            outputs = {direction: _read(cell, below, lengths, direction) for direction, cell in cells.items()}
            inputs = self._normalized(number, tf.concat(list(outputs.values()), axis=-1))  # (B, S, M)
        last = {"forward": tf.gather(outputs["forward"], lengths - 1, batch_dims=1)}  # (B, H)
        if "backward" in outputs:
            last["backward"] = outputs["backward"][:, 0]
        real = tf.sequence_mask(lengths, tf.shape(inputs)[1])[:, :, None]
        memory, summary = tf.where(real, inputs, 0.0), self._normalized(number, tf.concat(list(last.values()), axis=-1))
        return self.dropout(memory), self.dropout(summary)

    def _normalized(self, layer: int, outputs: Tensor) -> Tensor:
        """What a layer gives (…, M), normalised if it is to be; padding becomes anything."""
        return outputs if self.norms is None else self.norms[layer](outputs)


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

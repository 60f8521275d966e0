"""Recurrent cells. Gate order r z n (GRU) and i f g o (LSTM); the arrays lie as `docs/weights.md` says.

The input's product is computed apart (`project`), so that a decoder can do it for a whole target at once.
"""

import keras
import tensorflow as tf
from tensorflow import Tensor

from s2s_toolkit.parts.cells import CellName

State = dict[str, Tensor]


class GruCell(keras.layers.Layer):
    """A gated recurrent unit whose reset gate acts after the recurrent product (Cho et al. 2014)."""

    entries = ("hidden",)

    def __init__(self, input_size: int, size: int) -> None:
        super().__init__()
        self.size = size
        self.input_kernel = self.add_weight(shape=(input_size, 3 * size), initializer="zeros")
        self.recurrent_kernel = self.add_weight(shape=(size, 3 * size), initializer="zeros")
        self.input_bias = self.add_weight(shape=(3 * size,), initializer="zeros")
        self.recurrent_bias = self.add_weight(shape=(3 * size,), initializer="zeros")

    def project(self, inputs: Tensor) -> Tensor:
        """The input's share of the gates: (…, I) -> (…, 3H). The input may be the first columns of the whole."""
        return tf.tensordot(inputs, _first(self.input_kernel, inputs.shape[-1]), axes=1) + self.input_bias

    def rest(self, size: int) -> Tensor:
        """The kernel of the input's last columns, which `project` was not given: (I', 3H); to be cut before a loop."""
        return self.input_kernel[-size:]

    def call(self, projected: Tensor, state: State) -> State:
        """Advance the state by one position, from the projected input (B, 3H)."""
        hidden = state["hidden"]
        recurrent = tf.nn.bias_add(hidden @ self.recurrent_kernel, self.recurrent_bias)  # (B, 3H)
        parts = (2 * self.size, self.size)
        input_gates, input_new = tf.split(projected, parts, axis=-1)
        recurrent_gates, recurrent_new = tf.split(recurrent, parts, axis=-1)
        reset, update = tf.split(tf.sigmoid(input_gates + recurrent_gates), 2, axis=-1)
        new = tf.tanh(input_new + reset * recurrent_new)
        return {"hidden": new + update * (hidden - new)}


class LstmCell(keras.layers.Layer):
    """A long short-term memory with forget gate and without peepholes (Gers et al. 2000)."""

    entries = ("hidden", "cell")

    def __init__(self, input_size: int, size: int) -> None:
        super().__init__()
        self.size = size
        self.input_kernel = self.add_weight(shape=(input_size, 4 * size), initializer="zeros")
        self.recurrent_kernel = self.add_weight(shape=(size, 4 * size), initializer="zeros")
        self.bias = self.add_weight(shape=(4 * size,), initializer="zeros")

    def project(self, inputs: Tensor) -> Tensor:
        """The input's share of the gates: (…, I) -> (…, 4H). The input may be the first columns of the whole."""
        return tf.tensordot(inputs, _first(self.input_kernel, inputs.shape[-1]), axes=1) + self.bias

    def rest(self, size: int) -> Tensor:
        """The kernel of the input's last columns, which `project` was not given: (I', 4H); to be cut before a loop."""
        return self.input_kernel[-size:]

    def call(self, projected: Tensor, state: State) -> State:
        """Advance the state by one position, from the projected input (B, 4H)."""
        gates = projected + state["hidden"] @ self.recurrent_kernel
        input_gate, forget_gate, candidate, output_gate = tf.split(gates, 4, axis=-1)
        cell = tf.sigmoid(forget_gate) * state["cell"] + tf.sigmoid(input_gate) * tf.tanh(candidate)
        return {"hidden": tf.sigmoid(output_gate) * tf.tanh(cell), "cell": cell}


def _first(kernel: tf.Variable, size: int) -> Tensor:
    """The first rows; the whole is left whole, since the gradient of a cut fills an array with zeros at every step."""
    return kernel[:size] if size < kernel.shape[0] else kernel


CELLS: dict[CellName, type[GruCell] | type[LstmCell]] = {"gru": GruCell, "lstm": LstmCell}
"""The cells by the name that a config gives."""

"""Recurrent encoders as ONNX operators: `GRU` and `LSTM` with `sequence_lens`, so that padding is exact.

Their weights are put into the operators' order by nodes that read nothing else: onnxruntime computes those once, when
it opens the file.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from spox import Var

from s2s_onnx.graph.array import OnnxArray
from s2s_onnx.graph.opset import op
from s2s_toolkit.arrays import Array, Namespace
from s2s_toolkit.parts import encoders as reference
from s2s_toolkit.weights import under


class RecurrentEncoder(reference.RecurrentEncoder):
    """The reference encoder with its calculation as operators; options, sizes and weights are inherited."""

    gate_order: tuple[int, ...]
    """Where each gate of the operator stands in our layout."""

    def encode(self, xp: Namespace, weights: Mapping[str, Array], inputs: Array, lengths: Array) -> tuple[Array, Array]:
        """Embedded source (B, S, E) and lengths (B,) -> memory (B, S, M), zero on padding, and summary (B, M)."""
        sequence_lengths = op.cast(lengths.var, to=np.int32)
        values = op.transpose(inputs.var, perm=(1, 0, 2))  # (S, B, E)
        last = values
        for layer in range(self.num_layers):
            arrays = [under(weights, f"layers.{layer}.{direction}") for direction in self.directions]
            outputs, last = self._layer(values, arrays, sequence_lengths)  # (S, D, B, H), (D, B, H)
            joined = op.reshape(op.transpose(outputs, perm=(0, 2, 1, 3)), op.const([0, 0, self.memory_size]))
            values = self._normalized(xp, weights, layer, OnnxArray(joined)).var
        memory = OnnxArray(op.transpose(values, perm=(1, 0, 2)))
        summary = OnnxArray(op.reshape(op.transpose(last, perm=(1, 0, 2)), op.const([-1, self.memory_size])))
        if not self.layer_norm:
            return memory, summary
        number = xp.cumulative_sum(xp.ones_like(inputs[:, :, 0], dtype=xp.int64), axis=1)  # (B, S), from 1
        real = number <= xp.expand_dims(lengths, axis=1)
        memory = xp.where(xp.expand_dims(real, axis=-1), memory, 0.0)
        return memory, self._normalized(xp, weights, self.num_layers - 1, summary)

    def _layer(self, values: Var, arrays: Sequence[Mapping[str, OnnxArray]], lengths: Var) -> tuple[Var, Var]:
        raise NotImplementedError

    @property
    def _direction(self) -> str:
        return "bidirectional" if len(self.directions) == 2 else "forward"

    def _stacked(self, arrays: Sequence[Mapping[str, OnnxArray]], name: str) -> Var:
        """An array of each direction, gates in the operator's order, matrices transposed: (D, gates * H, …)."""
        return op.concat([op.unsqueeze(self._reordered(each[name]), op.const([0])) for each in arrays], axis=0)

    def _reordered(self, array: OnnxArray) -> Var:
        blocks = op.split(array.var, num_outputs=len(self.gate_order), axis=-1)
        ordered = op.concat([blocks[gate] for gate in self.gate_order], axis=-1)
        return op.transpose(ordered, perm=(1, 0)) if array.ndim == 2 else ordered


class GruEncoder(RecurrentEncoder):
    """Gates r z n become z r h; `linear_before_reset`, since our reset gate acts after the recurrent product."""

    cell = "gru"
    gate_order = (1, 0, 2)

    def _layer(self, values: Var, arrays: Sequence[Mapping[str, OnnxArray]], lengths: Var) -> tuple[Var, Var]:
        biases = [op.concat([self._reordered(a[n]) for n in ("input_bias", "recurrent_bias")], axis=0) for a in arrays]
        return op.gru(
            values,
            self._stacked(arrays, "input_kernel"),
            self._stacked(arrays, "recurrent_kernel"),
            _side_by_side(biases),
            lengths,
            direction=self._direction,
            hidden_size=self.size,
            linear_before_reset=1,
        )


class LstmEncoder(RecurrentEncoder):
    """Gates i f g o become i o f c; the operator's second bias is zero."""

    cell = "lstm"
    gate_order = (0, 3, 1, 2)

    def _layer(self, values: Var, arrays: Sequence[Mapping[str, OnnxArray]], lengths: Var) -> tuple[Var, Var]:
        zeros = op.const(np.zeros(4 * self.size, np.float32))
        biases = [op.concat([self._reordered(a["bias"]), zeros], axis=0) for a in arrays]
        outputs, hidden, _ = op.lstm(
            values,
            self._stacked(arrays, "input_kernel"),
            self._stacked(arrays, "recurrent_kernel"),
            _side_by_side(biases),
            lengths,
            direction=self._direction,
            hidden_size=self.size,
        )
        return outputs, hidden


def _side_by_side(biases: Sequence[Var]) -> Var:
    """The biases of each direction (D, gates * H)."""
    return op.concat([op.unsqueeze(bias, op.const([0])) for bias in biases], axis=0)

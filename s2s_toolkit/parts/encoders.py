"""Recurrent encoders: their options, sizes, weights, and the reference calculation in plain numpy."""

from collections.abc import Mapping

import numpy as np

from s2s_toolkit.arrays import Array, Namespace, NumpyNamespace
from s2s_toolkit.parts.cells import CELLS, CellName
from s2s_toolkit.parts.norms import norm_weights, normalize
from s2s_toolkit.weights import Weight, prefixed, under


class RecurrentEncoder:
    """Read the source in one or two directions, in one or several layers.

    Schuster and Paliwal (1997) for the two directions. Padding is exact: at real positions and in the summary, the
    result is that of the source alone.

    Args:
        input_size: Size of a source embedding.
        size: Units of each direction.
        num_layers: Layers, each reading the one below.
        bidirectional: Also read from the end to the start.
        dropout: Share of values dropped between layers and from the memory while training.
        layer_norm: Normalise the outputs of each layer, both directions together, and the summary as the top layer's.
    """

    cell: CellName

    def __init__(
        self,
        input_size: int,
        *,
        size: int = 256,
        num_layers: int = 1,
        bidirectional: bool = True,
        dropout: float = 0.0,
        layer_norm: bool = False,
    ) -> None:
        if size < 1 or num_layers < 1 or not 0 <= dropout < 1:
            raise ValueError(
                f"an encoder needs size >= 1, num_layers >= 1, 0 <= dropout < 1; given {size}, {num_layers}, {dropout}"
            )
        self.input_size, self.size, self.num_layers, self.dropout = input_size, size, num_layers, dropout
        self.directions = ("forward", "backward") if bidirectional else ("forward",)
        self.memory_size, self.layer_norm = size * len(self.directions), layer_norm

    def weights(self) -> dict[str, Weight]:
        """`layers.<layer>.<direction>.<array of the cell>` and, where they are normalised, `norms.<layer>.*`."""
        declared: dict[str, Weight] = {}
        for layer in range(self.num_layers):
            arrays = CELLS[self.cell].weights(self.memory_size if layer else self.input_size, self.size)
            for direction in self.directions:
                declared |= prefixed(arrays, f"layers.{layer}.{direction}")
            if self.layer_norm:
                declared |= prefixed(norm_weights(self.memory_size), f"norms.{layer}")
        return declared

    def encode(
        self, xp: NumpyNamespace, weights: Mapping[str, np.ndarray], inputs: np.ndarray, lengths: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Embedded source (B, S, E) and lengths (B,) -> memory (B, S, M), zero on padding, and summary (B, M).

        The summary is the top layer's last state: after the last real token forwards, after the first one backwards.
        """
        summary: list[np.ndarray] = []
        for layer in range(self.num_layers):
            outputs, summary = [], []
            for direction in self.directions:
                output, last = self._read(xp, under(weights, f"layers.{layer}.{direction}"), inputs, lengths, direction)
                outputs.append(output)
                summary.append(last)
            inputs = self._normalized(xp, weights, layer, np.concatenate(outputs, axis=-1))  # (B, S, M)
        real = np.arange(inputs.shape[1]) < lengths[:, None]
        summarized = self._normalized(xp, weights, self.num_layers - 1, np.concatenate(summary, axis=-1))
        return np.where(real[..., None], inputs, np.float32(0)), summarized

    def _normalized(self, xp: Namespace, weights: Mapping[str, Array], layer: int, outputs: Array) -> Array:
        """What a layer gives (…, M), normalised if it is to be; padding becomes anything."""
        return normalize(xp, under(weights, f"norms.{layer}"), outputs) if self.layer_norm else outputs

    def _read(
        self,
        xp: NumpyNamespace,
        weights: dict[str, np.ndarray],
        inputs: np.ndarray,
        lengths: np.ndarray,
        direction: str,
    ) -> tuple[np.ndarray, np.ndarray]:
        cell = CELLS[self.cell]
        projected = cell.project(xp, weights, inputs)
        state = {entry: np.zeros((len(inputs), self.size), inputs.dtype) for entry in cell.entries}
        outputs = np.zeros((*inputs.shape[:2], self.size), inputs.dtype)
        positions = range(inputs.shape[1])
        for position in positions if direction == "forward" else reversed(positions):
            real = (position < lengths)[:, None]
            new = cell.step(xp, weights, projected[:, position], state)
            state = {entry: np.where(real, new[entry], state[entry]) for entry in cell.entries}
            outputs[:, position] = np.where(real, state["hidden"], 0)
        return outputs, state["hidden"]


class GruEncoder(RecurrentEncoder):
    """A recurrent encoder of gated recurrent units (Cho et al. 2014)."""

    cell = "gru"


class LstmEncoder(RecurrentEncoder):
    """A recurrent encoder of long short-term memories (Hochreiter and Schmidhuber 1997)."""

    cell = "lstm"

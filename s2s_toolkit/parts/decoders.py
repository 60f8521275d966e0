"""Recurrent decoders with attention, portable: the reference, and what becomes the step of the ONNX graph."""

from collections.abc import Mapping
from typing import Literal

import numpy as np

from s2s_toolkit.arrays import Array, Namespace
from s2s_toolkit.parts.attention import Attend
from s2s_toolkit.parts.cells import CELLS, CellName, State
from s2s_toolkit.parts.norms import norm_weights, normalize
from s2s_toolkit.weights import Weight, prefixed, under

Weights = Mapping[str, Array]
BridgeName = Literal["linear", "copy", "zero"]


class RecurrentDecoder:
    """What both decoders share: the stack of cells, its first state, and the readout.

    Args:
        embedding_size: Size of a target embedding, E.
        memory_size: Size of the encoder's outputs and of its summary, M.
        size: Units of each layer; the query is the top layer's hidden state, Q = size.
        num_layers: Layers of the stack.
        cell: "gru" or "lstm".
        dropout: Share of values dropped between layers and from the readout while training.
        readout_size: Size of the layer between the decoder and the output projection; 0 leaves the layer out.
        layer_norm: Normalise the outputs of each layer: what the layer above, the query and the readout read.
        bridge: What the first hidden states are: "linear", a tanh layer over the encoder's summary; "copy", the summary
            itself in every layer; "zero". An LSTM's cells start at zero.
    """

    def __init__(
        self,
        embedding_size: int,
        memory_size: int,
        *,
        size: int = 256,
        num_layers: int = 1,
        cell: CellName = "gru",
        dropout: float = 0.0,
        readout_size: int = 0,
        layer_norm: bool = False,
        bridge: BridgeName = "linear",
    ) -> None:
        if size < 1 or num_layers < 1 or not 0 <= dropout < 1 or readout_size < 0:
            raise ValueError(
                "a decoder needs size >= 1, num_layers >= 1, 0 <= dropout < 1, readout_size >= 0; given "
                f"{size}, {num_layers}, {dropout}, {readout_size}"
            )
        if bridge == "copy" and size != memory_size:
            raise ValueError(
                f"bridge 'copy' needs a state as large as the encoder's summary, given {size} and {memory_size}; "
                f"set model.decoder.size = {memory_size}, or use 'linear'"
            )
        self.embedding_size, self.memory_size, self.size = embedding_size, memory_size, size
        self.layer_norm, self.bridge = layer_norm, bridge
        self.num_layers, self.cell, self.dropout = num_layers, cell, dropout
        self.has_readout = readout_size > 0
        self.query_size = size
        self.readout_size = readout_size or self.features_size

    @property
    def input_size(self) -> int:
        """Size of what the lowest cell reads."""
        raise NotImplementedError

    @property
    def features_size(self) -> int:
        """Size of what the readout layer reads, or of the readout where there is no such layer."""
        raise NotImplementedError

    def weights(self) -> dict[str, Weight]:
        """`layers.<layer>.<array of the cell>` and, if asked for, `bridge.*`, `norms.<layer>.*`, `readout.*`."""
        declared: dict[str, Weight] = {}
        if self.bridge == "linear":
            kernel = Weight((self.memory_size, self.num_layers * self.size), blocks=self.num_layers)
            declared |= {"bridge.kernel": kernel, "bridge.bias": Weight((self.num_layers * self.size,), "zeros")}
        for layer in range(self.num_layers):
            arrays = CELLS[self.cell].weights(self.size if layer else self.input_size, self.size)
            declared |= prefixed(arrays, f"layers.{layer}")
            if self.layer_norm:
                declared |= prefixed(norm_weights(self.size), f"norms.{layer}")
        if self.has_readout:
            declared["readout.kernel"] = Weight((self.features_size, self.readout_size))
            declared["readout.bias"] = Weight((self.readout_size,), "zeros")
        return declared

    def start(self, xp: Namespace, weights: Weights, summary: Array) -> State:
        """Summary (B, M) -> the first state: "hidden_<layer>", and "cell_<layer>" for an LSTM, each (B, H)."""
        state: State = {}
        for layer, hidden in enumerate(self._bridged(xp, weights, summary)):
            state |= {
                f"{e}_{layer}": hidden if e == "hidden" else xp.zeros_like(hidden) for e in CELLS[self.cell].entries
            }
        return state

    def _bridged(self, xp: Namespace, weights: Weights, summary: Array) -> list[Array]:
        """The first hidden state of each layer, (B, H)."""
        if self.bridge == "copy":
            return [summary] * self.num_layers
        if self.bridge == "zero":
            return [_zeros(xp, summary, self.size)] * self.num_layers
        bridged = xp.tanh(xp.matmul(summary, weights["bridge.kernel"]) + weights["bridge.bias"])
        return [bridged[:, layer * self.size : (layer + 1) * self.size] for layer in range(self.num_layers)]

    def _project(self, xp: Namespace, weights: Weights, inputs: Array) -> Array:
        """The input's share of the lowest cell's gates: (B, I) -> (B, 3H) or (B, 4H)."""
        return CELLS[self.cell].project(xp, under(weights, "layers.0"), inputs)

    def _advance(self, xp: Namespace, weights: Weights, projected: Array, state: State) -> State:
        """One step of the stack of cells, from what `_project` gives."""
        cell, new = CELLS[self.cell], State()
        for layer in range(self.num_layers):
            own_weights = under(weights, f"layers.{layer}")
            if layer:
                projected = cell.project(xp, own_weights, self._output(xp, weights, layer - 1, new))
            own = cell.step(xp, own_weights, projected, {entry: state[f"{entry}_{layer}"] for entry in cell.entries})
            new |= {f"{entry}_{layer}": own[entry] for entry in cell.entries}
        return new

    def _output(self, xp: Namespace, weights: Weights, layer: int, state: State) -> Array:
        """What a layer gives (B, H): its hidden state, normalised if it is to be."""
        hidden = state[f"hidden_{layer}"]
        return normalize(xp, under(weights, f"norms.{layer}"), hidden) if self.layer_norm else hidden

    def _top(self, xp: Namespace, weights: Weights, state: State) -> Array:
        return self._output(xp, weights, self.num_layers - 1, state)

    def _read_out(self, xp: Namespace, weights: Weights, features: Array) -> Array:
        if not self.has_readout:
            return features
        return xp.tanh(xp.matmul(features, weights["readout.kernel"]) + weights["readout.bias"])


class BahdanauDecoder(RecurrentDecoder):
    """Attend with the state so far, then advance the cell with the context beside the embedding.

    Bahdanau et al. (2015), appendix A.2.2. Without a readout layer the logits come from the state alone; with one, from
    state, context and embedding.
    """

    @property
    def input_size(self) -> int:
        return self.embedding_size + self.memory_size

    @property
    def features_size(self) -> int:
        return self.size + self.input_size if self.has_readout else self.size

    def step(
        self, xp: Namespace, weights: Weights, previous: Array, state: State, attend: Attend
    ) -> tuple[Array, Array, State]:
        """Previous embedding (B, E) and state -> readout (B, R), attention (B, S), state."""
        context, attention = attend(self._top(xp, weights, state))
        inputs = xp.concat([previous, context], axis=-1)  # (B, E + M)
        state = self._advance(xp, weights, self._project(xp, weights, inputs), state)
        top = self._top(xp, weights, state)
        features = xp.concat([top, inputs], axis=-1) if self.has_readout else top
        return self._read_out(xp, weights, features), attention, state


class LuongDecoder(RecurrentDecoder):
    """Advance the cell, attend with its new state, and read out from state and context.

    Luong et al. (2015), sections 3 and 3.3. With input feeding the readout of one step is read by the next, beside the
    embedding.

    Args:
        input_feeding: See above; the state then also holds "readout" (B, R).
    """

    def __init__(
        self,
        embedding_size: int,
        memory_size: int,
        *,
        size: int = 256,
        num_layers: int = 1,
        cell: CellName = "gru",
        dropout: float = 0.0,
        readout_size: int = 0,
        layer_norm: bool = False,
        bridge: BridgeName = "linear",
        input_feeding: bool = True,
    ) -> None:
        self.input_feeding = input_feeding
        super().__init__(
            embedding_size,
            memory_size,
            size=size,
            num_layers=num_layers,
            cell=cell,
            dropout=dropout,
            readout_size=readout_size,
            layer_norm=layer_norm,
            bridge=bridge,
        )

    @property
    def input_size(self) -> int:
        return self.embedding_size + (self.readout_size if self.input_feeding else 0)

    @property
    def features_size(self) -> int:
        return self.size + self.memory_size

    def start(self, xp: Namespace, weights: Weights, summary: Array) -> State:
        """As every decoder's; with input feeding the first readout is zero."""
        state = super().start(xp, weights, summary)
        if self.input_feeding:
            state["readout"] = _zeros(xp, summary, self.readout_size)
        return state

    def step(
        self, xp: Namespace, weights: Weights, previous: Array, state: State, attend: Attend
    ) -> tuple[Array, Array, State]:
        """Previous embedding (B, E) and state -> readout (B, R), attention (B, S), state."""
        inputs = xp.concat([previous, state["readout"]], axis=-1) if self.input_feeding else previous
        state = self._advance(xp, weights, self._project(xp, weights, inputs), state)
        top = self._top(xp, weights, state)
        context, attention = attend(top)
        readout = self._read_out_of(xp, weights, top, context)
        return readout, attention, state | ({"readout": readout} if self.input_feeding else {})

    def _read_out_of(self, xp: Namespace, weights: Weights, hidden: Array, context: Array) -> Array:
        return self._read_out(xp, weights, xp.concat([hidden, context], axis=-1))


def _zeros(xp: Namespace, summary: Array, size: int) -> Array:
    """Zeros (B, N) for a summary (B, M); in a graph their last size is known."""
    return summary[:, :1] * xp.asarray(np.zeros(size, np.float32))

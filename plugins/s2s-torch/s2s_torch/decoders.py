"""Recurrent decoders with attention."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from s2s_toolkit.parts import decoders as reference
from s2s_toolkit.parts.twins import made_from
from s2s_torch.cells import CELLS, State
from s2s_torch.dropout import Dropout
from s2s_torch.norms import layer_norms

Attend = Callable[[Tensor], tuple[Tensor, Tensor]]


class RecurrentDecoder(nn.Module):
    """What both decoders share: the stack of cells, its first state, and the readout.

    Args:
        sizes: The reference decoder, which says how large everything is.
    """

    def __init__(self, sizes: reference.RecurrentDecoder) -> None:
        super().__init__()
        self.query_size, self.memory_size, self.readout_size = sizes.query_size, sizes.memory_size, sizes.readout_size
        self.copies_summary = sizes.bridge == "copy"
        bridged_size = sizes.num_layers * sizes.size
        self.bridge = nn.Linear(sizes.memory_size, bridged_size) if sizes.bridge == "linear" else None
        cell_class = CELLS[sizes.cell]
        inputs = [sizes.input_size] + [sizes.size] * (sizes.num_layers - 1)
        self.layers = nn.ModuleList(cell_class(input_size, sizes.size) for input_size in inputs)
        self.norms = layer_norms(sizes.size, sizes.num_layers) if sizes.layer_norm else None
        self.readout = nn.Linear(sizes.features_size, sizes.readout_size) if sizes.has_readout else None
        self.dropout = Dropout(sizes.dropout)

    def start(self, summary: Tensor) -> State:
        """Summary (B, M) -> the first state: "hidden_<layer>", and "cell_<layer>" for an LSTM, each (B, H)."""
        state: State = {}
        for layer, hidden in enumerate(self._bridged(summary)):
            entries = self.layers[layer].entries
            state |= {
                f"{entry}_{layer}": hidden if entry == "hidden" else torch.zeros_like(hidden) for entry in entries
            }
        return state

    def _bridged(self, summary: Tensor) -> Sequence[Tensor]:
        """The first hidden state of each layer, (B, H)."""
        if self.bridge is not None:
            return torch.tanh(self.bridge(summary).float()).chunk(len(self.layers), dim=-1)
        hidden = summary if self.copies_summary else summary.new_zeros(len(summary), self.query_size)
        return [hidden] * len(self.layers)

    def _advance(self, projected: Tensor, state: State) -> State:
        """One step of the stack of cells, from the lowest cell's projected input (B, 3H or 4H)."""
        new: State = {}
        for layer, cell in enumerate(self.layers):
            own = cell(projected, {entry: state[f"{entry}_{layer}"] for entry in cell.entries})
            new |= {f"{entry}_{layer}": own[entry] for entry in cell.entries}
            if layer + 1 < len(self.layers):
                projected = self.layers[layer + 1].project(self.dropout(self._output(layer, new)))
        return new

    def _output(self, layer: int, state: State) -> Tensor:
        """What a layer gives: its hidden state (…, H), normalised if it is to be."""
        hidden = state[f"hidden_{layer}"]
        return hidden if self.norms is None else self.norms[layer](hidden)

    def _top(self, state: State) -> Tensor:
        return self._output(len(self.layers) - 1, state)

    def _read_out(self, features: Tensor) -> Tensor:
        return self.dropout(features if self.readout is None else torch.tanh(self.readout(features)))


class BahdanauDecoder(RecurrentDecoder):
    """Attend with the state so far, then advance the cell with the context beside the embedding.

    Bahdanau et al. (2015), appendix A.2.2. Options as `s2s_toolkit.parts.decoders.BahdanauDecoder`.
    """

    @made_from(reference.BahdanauDecoder)
    def __init__(self, sizes: reference.BahdanauDecoder) -> None:
        super().__init__(sizes)

    def step(self, previous: Tensor, state: State, attend: Attend) -> tuple[Tensor, Tensor, State]:
        """Previous embedding (B, E) and state -> readout (B, R), attention (B, S), state."""
        rest = self.layers[0].rest(self.memory_size)
        context, attention, state = self._step(self.layers[0].project(previous), rest, state, attend)
        return self._read_out(self._features(self._top(state), previous, context)), attention, state

    def unroll(self, embedded: Tensor, state: State, attend: Attend) -> tuple[Tensor, Tensor]:
        """Embedded target (B, T, E) -> readouts (B, T, R), attention (B, T, S).

        All that needs no loop stays out of it.
        """
        steps, rest = [], self.layers[0].rest(self.memory_size)
        for projected in self.layers[0].project(embedded).unbind(dim=1):
            context, attention, state = self._step(projected, rest, state, attend)
            steps.append((self._top(state), context, attention))
        hidden, context, attention = (torch.stack(column, dim=1) for column in zip(*steps, strict=True))
        return self._read_out(self._features(hidden, embedded, context)), attention

    def _step(self, projected: Tensor, rest: Tensor, state: State, attend: Attend) -> tuple[Tensor, Tensor, State]:
        context, attention = attend(self._top(state))
        return context, attention, self._advance(torch.addmm(projected, context, rest), state)

    def _features(self, hidden: Tensor, previous: Tensor, context: Tensor) -> Tensor:
        return hidden if self.readout is None else torch.cat([hidden, previous, context], dim=-1)


class LuongDecoder(RecurrentDecoder):
    """Advance the cell, attend with its new state, and read out from state and context.

    Luong et al. (2015), sections 3 and 3.3. Options as `s2s_toolkit.parts.decoders.LuongDecoder`.
    """

    @made_from(reference.LuongDecoder)
    def __init__(self, sizes: reference.LuongDecoder) -> None:
        super().__init__(sizes)
        self.input_feeding = sizes.input_feeding

    def start(self, summary: Tensor) -> State:
        """As every decoder's; with input feeding the first readout is zero."""
        feed = {"readout": summary.new_zeros(len(summary), self.readout_size)} if self.input_feeding else {}
        return super().start(summary) | feed

    def step(self, previous: Tensor, state: State, attend: Attend) -> tuple[Tensor, Tensor, State]:
        """Previous embedding (B, E) and state -> readout (B, R), attention (B, S), state."""
        projected = self.layers[0].project(previous)
        if self.input_feeding:
            projected = torch.addmm(projected, state["readout"], self.layers[0].rest(self.readout_size))
        return self._step(projected, state, attend)

    def unroll(self, embedded: Tensor, state: State, attend: Attend) -> tuple[Tensor, Tensor]:
        """Embedded target (B, T, E) -> readouts (B, T, R), attention (B, T, S).

        Without input feeding no step of the cells waits for attention, which is then one product over all steps.
        """
        projected = self.layers[0].project(embedded).unbind(dim=1)
        if not self.input_feeding:
            hidden = []
            for inputs in projected:
                state = self._advance(inputs, state)
                hidden.append(self._top(state))
            return self._look_up(torch.stack(hidden, dim=1), attend)
        steps, rest = [], self.layers[0].rest(self.readout_size)
        for inputs in projected:
            readout, attention, state = self._step(torch.addmm(inputs, state["readout"], rest), state, attend)
            steps.append((readout, attention))
        readouts, attention = (torch.stack(column, dim=1) for column in zip(*steps, strict=True))
        return readouts, attention

    def _step(self, projected: Tensor, state: State, attend: Attend) -> tuple[Tensor, Tensor, State]:
        state = self._advance(projected, state)
        readout, attention = self._look_up(self._top(state), attend)
        return readout, attention, state | ({"readout": readout} if self.input_feeding else {})

    def _look_up(self, hidden: Tensor, attend: Attend) -> tuple[Tensor, Tensor]:
        """Top state (B, H) or states (B, T, H) -> readout, attention."""
        context, attention = attend(hidden)
        return self._read_out(torch.cat([hidden, context], dim=-1)), attention

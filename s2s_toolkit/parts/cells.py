"""Recurrent cells, framework-neutral. Gate order r z n (GRU) and i f g o (LSTM), as `docs/weights.md` says.

The product of a cell's input is computed apart (`project`), since over a whole sequence it is one product.
"""

from collections.abc import Mapping
from typing import Literal, Protocol

from s2s_toolkit.arrays import Array, Namespace
from s2s_toolkit.weights import Weight

CellName = Literal["gru", "lstm"]
State = dict[str, Array]
"""A cell's state: "hidden" (B, H) and, for an LSTM, "cell" (B, H)."""


class Cell(Protocol):
    """One step of a recurrent layer."""

    @property
    def entries(self) -> tuple[str, ...]: ...
    def weights(self, input_size: int, size: int) -> dict[str, Weight]: ...
    def project(self, xp: Namespace, weights: Mapping[str, Array], inputs: Array) -> Array: ...
    def step(self, xp: Namespace, weights: Mapping[str, Array], projected: Array, state: State) -> State: ...


class GruCell:
    """A gated recurrent unit whose reset gate acts after the recurrent product.

    Cho et al. (2014), in the form that cuDNN, Keras (`reset_after`) and ONNX (`linear_before_reset`) share.
    """

    entries = ("hidden",)

    def weights(self, input_size: int, size: int) -> dict[str, Weight]:
        """The arrays, gates r z n side by side in the columns."""
        return {
            "input_kernel": Weight((input_size, 3 * size), blocks=3),
            "recurrent_kernel": Weight((size, 3 * size), "orthogonal", blocks=3),
            "input_bias": Weight((3 * size,), "zeros"),
            "recurrent_bias": Weight((3 * size,), "zeros"),
        }

    def project(self, xp: Namespace, weights: Mapping[str, Array], inputs: Array) -> Array:
        """The input's share of the gates: (…, I) -> (…, 3H)."""
        return xp.matmul(inputs, weights["input_kernel"]) + weights["input_bias"]

    def step(self, xp: Namespace, weights: Mapping[str, Array], projected: Array, state: State) -> State:
        """Advance the state by one position, from the projected input (B, 3H)."""
        hidden = state["hidden"]
        size = weights["recurrent_kernel"].shape[0]
        recurrent = xp.matmul(hidden, weights["recurrent_kernel"]) + weights["recurrent_bias"]  # (B, 3H)
        gates = xp.sigmoid(projected[:, : 2 * size] + recurrent[:, : 2 * size])
        reset, update = gates[:, :size], gates[:, size:]
        new = xp.tanh(projected[:, 2 * size :] + reset * recurrent[:, 2 * size :])
        return {"hidden": new + update * (hidden - new)}


class LstmCell:
    """A long short-term memory with forget gate and without peepholes.

    Gers et al. (2000); the forget gate's bias starts at one (Jozefowicz et al. 2015).
    """

    entries = ("hidden", "cell")

    def weights(self, input_size: int, size: int) -> dict[str, Weight]:
        """The arrays, gates i f g o side by side in the columns."""
        return {
            "input_kernel": Weight((input_size, 4 * size), blocks=4),
            "recurrent_kernel": Weight((size, 4 * size), "orthogonal", blocks=4),
            "bias": Weight((4 * size,), "forget"),
        }

    def project(self, xp: Namespace, weights: Mapping[str, Array], inputs: Array) -> Array:
        """The input's share of the gates: (…, I) -> (…, 4H)."""
        return xp.matmul(inputs, weights["input_kernel"]) + weights["bias"]

    def step(self, xp: Namespace, weights: Mapping[str, Array], projected: Array, state: State) -> State:
        """Advance the state by one position, from the projected input (B, 4H)."""
        size = weights["recurrent_kernel"].shape[0]
        gates = projected + xp.matmul(state["hidden"], weights["recurrent_kernel"])
        input_gate, forget_gate = xp.sigmoid(gates[:, :size]), xp.sigmoid(gates[:, size : 2 * size])
        candidate, output_gate = xp.tanh(gates[:, 2 * size : 3 * size]), xp.sigmoid(gates[:, 3 * size :])
        cell = forget_gate * state["cell"] + input_gate * candidate
        return {"hidden": output_gate * xp.tanh(cell), "cell": cell}


CELLS: dict[CellName, Cell] = {"gru": GruCell(), "lstm": LstmCell()}
"""The cells by the name that a config gives."""

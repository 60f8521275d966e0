"""The decoders for the graph: what is multiplied with the context is multiplied with the memory, once per source.

The context is a mean of the memory, and a product with a mean is the mean of the products. So attention averages
`values`, the memory's share of all that reads the context, and no step multiplies with the context. That is most of the
arithmetic of a small vocabulary's model. The reference decoders say the same in the papers' order.
"""

from collections.abc import Mapping

from s2s_toolkit.arrays import Array, Namespace
from s2s_toolkit.parts import decoders as reference
from s2s_toolkit.parts.attention import Attend
from s2s_toolkit.parts.cells import CELLS, State
from s2s_toolkit.weights import under

Weights = Mapping[str, Array]
INPUT_KERNEL, READOUT_KERNEL = "layers.0.input_kernel", "readout.kernel"


class BahdanauDecoder(reference.BahdanauDecoder):
    """Cell and readout layer read the context: `values` has the columns of both."""

    def values(self, xp: Namespace, weights: Weights, memory: Array) -> Array:
        """Memory (B, S, M) -> what attention averages (B, S, C)."""
        shares = [weights[INPUT_KERNEL][self.embedding_size :]]
        if self.has_readout:
            shares.append(weights[READOUT_KERNEL][self.size + self.embedding_size :])
        return xp.concat([xp.matmul(memory, share) for share in shares], axis=-1)

    def step(
        self, xp: Namespace, weights: Weights, previous: Array, state: State, attend: Attend
    ) -> tuple[Array, Array, State]:
        """Previous embedding (B, E) and state -> readout (B, R), attention (B, S), state."""
        shares, attention = attend(self._top(xp, weights, state))  # (B, C)
        num_gates = weights[INPUT_KERNEL].shape[1]
        own = under(weights, "layers.0")
        own["input_kernel"] = own["input_kernel"][: self.embedding_size]
        projected = CELLS[self.cell].project(xp, own, previous) + shares[:, :num_gates]
        state = self._advance(xp, weights, projected, state)
        top = self._top(xp, weights, state)
        if not self.has_readout:
            return top, attention, state
        kernel = weights[READOUT_KERNEL][: self.size + self.embedding_size]
        features = xp.concat([top, previous], axis=-1)
        readout = xp.matmul(features, kernel) + weights["readout.bias"] + shares[:, num_gates:]
        return xp.tanh(readout), attention, state


class LuongDecoder(reference.LuongDecoder):
    """The readout layer reads the context; without one the context is part of the readout, as it is."""

    def values(self, xp: Namespace, weights: Weights, memory: Array) -> Array:
        """Memory (B, S, M) -> what attention averages (B, S, C)."""
        return xp.matmul(memory, weights[READOUT_KERNEL][self.size :]) if self.has_readout else memory

    def _read_out_of(self, xp: Namespace, weights: Weights, hidden: Array, context: Array) -> Array:
        if not self.has_readout:
            return super()._read_out_of(xp, weights, hidden, context)
        return xp.tanh(xp.matmul(hidden, weights[READOUT_KERNEL][: self.size]) + weights["readout.bias"] + context)

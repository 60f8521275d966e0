"""Decoders that are each wrong in one way; `test_broken_parts.py` says which test tells."""

import torch

from s2s_toolkit.components import ANY, Component
from s2s_toolkit.hookspecs import hookimpl
from s2s_toolkit.weights import Weight
from s2s_torch.decoders import LuongDecoder


class Plain:
    """Nothing is wrong with this one: a simple recurrent cell that attends with its new state."""

    def __init__(self, embedding_size: int, memory_size: int, *, size: int = 7) -> None:
        self.sizes = embedding_size, memory_size
        self.query_size, self.readout_size = size, size + memory_size

    def weights(self):
        (embedding_size, memory_size), size = self.sizes, self.query_size
        shapes = {"first": (memory_size, size), "input": (embedding_size, size), "recurrent": (size, size)}
        return {name: Weight(shape) for name, shape in shapes.items()}

    def start(self, xp, weights, summary):
        return {"hidden": xp.tanh(xp.matmul(summary, weights["first"]))}

    def step(self, xp, weights, previous, state, attend):
        recurrent = xp.matmul(state["hidden"], weights["recurrent"])
        hidden = xp.tanh(xp.matmul(previous, weights["input"]) + recurrent)
        context, attention = attend(hidden)
        return xp.concat([hidden, context], axis=-1), attention, {**state, "hidden": hidden}


class IgnoresSummary(Plain):
    def start(self, xp, weights, summary):
        return super().start(xp, weights, summary * 0.0)


class IgnoresPrevious(Plain):
    def step(self, xp, weights, previous, state, attend):
        return super().step(xp, weights, previous * 0.0, state, attend)


class IgnoresContext(Plain):
    def step(self, xp, weights, previous, state, attend):
        def without(query):
            context, attention = attend(query)
            return context * 0.0, attention

        return super().step(xp, weights, previous, state, without)


class OtherAttention(Plain):
    def step(self, xp, weights, previous, state, attend):
        readout, attention, state = super().step(xp, weights, previous, state, attend)
        return readout, attention * attention, state


class MixesRows(Plain):
    def step(self, xp, weights, previous, state, attend):
        previous = previous - xp.mean(previous, axis=0, keepdims=True)
        return super().step(xp, weights, previous, state, attend)


class CountsRows(Plain):
    """What `len` gives depends on the batch and on the beam."""

    def step(self, xp, weights, previous, state, attend):
        return super().step(xp, weights, previous * (1 + previous.shape[0] / 10), state, attend)


class KeepsItsState(Plain):
    """Goes on from its own memory of the last step, not from the state that it is given."""

    def start(self, xp, weights, summary):
        self.state = super().start(xp, weights, summary)
        return self.state

    def step(self, xp, weights, previous, state, attend):
        own = self.state if self.state["hidden"].shape == state["hidden"].shape else state
        readout, attention, self.state = super().step(xp, weights, previous, own, attend)
        return readout, attention, self.state


class ChangesTypes(Plain):
    """The number of the step is a float at first."""

    def start(self, xp, weights, summary):
        return super().start(xp, weights, summary) | {"number": xp.zeros_like(summary[:, 0])}

    def step(self, xp, weights, previous, state, attend):
        readout, attention, new = super().step(xp, weights, previous, state, attend)
        return readout, attention, new | {"number": xp.astype(state["number"] + 1.0, xp.int64)}


class BatchLast(Plain):
    def start(self, xp, weights, summary):
        return {"hidden": xp.matrix_transpose(super().start(xp, weights, summary)["hidden"])}

    def step(self, xp, weights, previous, state, attend):
        state = {"hidden": xp.matrix_transpose(state["hidden"])}
        readout, attention, state = super().step(xp, weights, previous, state, attend)
        return readout, attention, {"hidden": xp.matrix_transpose(state["hidden"])}


class WrongReadoutSize(Plain):
    def __init__(self, embedding_size: int, memory_size: int, *, size: int = 7) -> None:
        super().__init__(embedding_size, memory_size, size=size)
        self.readout_size = size


class UnrollDiffers(LuongDecoder):
    """Right at the first step; then each readout is that of the step before."""

    def unroll(self, embedded, state, attend):
        readouts, attention = super().unroll(embedded, state, attend)
        return torch.cat([readouts[:, :1], readouts[:, :-1]], dim=1), attention


class UnrollsToDouble(LuongDecoder):
    def unroll(self, embedded, state, attend):
        readouts, attention = super().unroll(embedded, state, attend)
        return readouts, attention.double()


@hookimpl
def s2s_decoders():
    portable = (
        Plain, IgnoresSummary, IgnoresPrevious, IgnoresContext, OtherAttention, MixesRows, CountsRows, KeepsItsState,
        ChangesTypes, BatchLast, WrongReadoutSize,
    )  # fmt: skip
    offers = [(ANY, part) for part in portable] + [("torch", part) for part in (UnrollDiffers, UnrollsToDouble)]
    return [Component(p.__name__, place, f"{__name__}:{p.__name__}", "is wrong") for place, p in offers]

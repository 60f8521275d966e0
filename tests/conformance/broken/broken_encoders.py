"""Encoders that are each wrong in one way; `test_broken_parts.py` says which test tells."""

from s2s_toolkit.components import ANY, Component
from s2s_toolkit.hookspecs import hookimpl
from s2s_toolkit.weights import Weight


class Bag:
    """Nothing is wrong with this one: each symbol on its own, and their mean."""

    def __init__(self, input_size: int, *, size: int = 6) -> None:
        self.input_size, self.memory_size = input_size, size

    def weights(self):
        return {"kernel": Weight((self.input_size, self.memory_size)), "bias": Weight((self.memory_size,), "zeros")}

    def encode(self, xp, weights, inputs, lengths):
        memory = xp.where(self.real(xp, inputs, lengths), self.project(xp, weights, inputs), 0.0)
        return memory, self.summary(xp, memory, lengths)

    def project(self, xp, weights, inputs):
        return xp.tanh(xp.matmul(inputs, weights["kernel"]) + weights["bias"])  # (B, S, M)

    def real(self, xp, inputs, lengths):
        position = xp.cumulative_sum(xp.ones_like(inputs[:, :, :1]), axis=1)  # (B, S, 1), from 1
        return position <= xp.astype(lengths, xp.float32)[:, None, None]

    def summary(self, xp, memory, lengths):
        return xp.sum(memory, axis=1) / xp.astype(lengths, xp.float32)[:, None]


class LeavesPadding(Bag):
    def encode(self, xp, weights, inputs, lengths):
        memory, summary = super().encode(xp, weights, inputs, lengths)
        return xp.where(self.real(xp, inputs, lengths), memory, 0.1), summary


class SummarizesPadding(Bag):
    def summary(self, xp, memory, lengths):
        return xp.mean(memory, axis=1)


class ReadsBehindTheEnd(Bag):
    """Each symbol is read with the one after it, and the last with the padding."""

    def project(self, xp, weights, inputs):
        following = xp.concat([inputs[:, 1:], xp.zeros_like(inputs[:, :1])], axis=1)
        return super().project(xp, weights, inputs + following)


class OneTooShort(Bag):
    def real(self, xp, inputs, lengths):
        return super().real(xp, inputs, lengths - 1)


class FindsLengthsItself(Bag):
    """Takes what is zero for padding, and its summary the length for granted."""

    def real(self, xp, inputs, lengths):
        return xp.any(inputs != 0.0, axis=-1, keepdims=True)


class WrongSize(Bag):
    def __init__(self, input_size: int, *, size: int = 6) -> None:
        super().__init__(input_size, size=size)
        self.real_size, self.memory_size = size, size + 1

    def weights(self):
        return {"kernel": Weight((self.input_size, self.real_size)), "bias": Weight((self.real_size,), "zeros")}


class NoSummary(Bag):
    def encode(self, xp, weights, inputs, lengths):
        return super().encode(xp, weights, inputs, lengths)[0]


@hookimpl
def s2s_encoders():
    parts = Bag, LeavesPadding, SummarizesPadding, ReadsBehindTheEnd, OneTooShort, FindsLengthsItself, WrongSize
    return [Component(p.__name__, ANY, f"{__name__}:{p.__name__}", "is wrong") for p in (*parts, NoSummary)]

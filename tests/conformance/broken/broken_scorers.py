"""Attention scorers that are each wrong in one way; `test_broken_parts.py` says which test tells."""

import numpy as np

from s2s_toolkit.components import ANY, Component
from s2s_toolkit.hookspecs import hookimpl
from s2s_toolkit.parts.scorers import GeneralScorer
from s2s_toolkit.weights import Weight


class MixesSteps(GeneralScorer):
    def score(self, xp, weights, query, keys):
        scores = super().score(xp, weights, query, keys)
        return scores - xp.mean(scores, axis=1, keepdims=True)


class MixesSources(GeneralScorer):
    def keys(self, xp, weights, memory):
        keys = super().keys(xp, weights, memory)
        return keys - xp.mean(keys, axis=0, keepdims=True)


class ReadsPadding(GeneralScorer):
    def keys(self, xp, weights, memory):
        keys = super().keys(xp, weights, memory)
        return keys * (1.0 + xp.mean(memory * memory, axis=(1, 2), keepdims=True))


class KeepsState(GeneralScorer):
    calls = 0

    def keys(self, xp, weights, memory):
        self.calls += 1
        return super().keys(xp, weights, memory) * (1 + self.calls / 10)


class IgnoresOption(GeneralScorer):
    def __init__(self, query_size: int, memory_size: int, *, sharpness: float = 1.0) -> None:
        super().__init__(query_size, memory_size)


class UntypedOption(GeneralScorer):
    def __init__(self, query_size: int, memory_size: int, *, sharpness=1.0) -> None:
        super().__init__(query_size, memory_size)
        self.sharpness = sharpness


class HasNoSummary(GeneralScorer):
    pass


class Double(GeneralScorer):
    def score(self, xp, weights, query, keys):
        return super().score(xp, weights, query, keys) * xp.asarray(np.array(2.0))


class NotANumber(GeneralScorer):
    def score(self, xp, weights, query, keys):
        return xp.log(super().score(xp, weights, query, keys))


class Transposed(GeneralScorer):
    def score(self, xp, weights, query, keys):
        return xp.matrix_transpose(super().score(xp, weights, query, keys))


class TooLow(GeneralScorer):
    """Masking comes after scoring, and takes -1e9 for the lowest of all."""

    def score(self, xp, weights, query, keys):
        return super().score(xp, weights, query, keys) - 2e9


class UnusedWeight(GeneralScorer):
    def weights(self):
        return super().weights() | {"bias": Weight((1,), "zeros")}


class InfiniteSlope(GeneralScorer):
    """The root of zero has no slope, and the memory is zero on padding."""

    def keys(self, xp, weights, memory):
        keys = super().keys(xp, weights, memory)
        return keys / (xp.sqrt(xp.sum(keys * keys, axis=-1, keepdims=True)) + 1e-6)


class Unexportable(GeneralScorer):
    def score(self, xp, weights, query, keys):
        scores = super().score(xp, weights, query, keys)
        return scores if float(scores[0, 0, 0]) > 1e9 else scores * 2.0


class TwinOfAnother(GeneralScorer):
    """Its twin for PyTorch is another."""


class WrongGradientInTensorFlow(GeneralScorer):
    """Its twin for TensorFlow is wrong."""


PORTABLE = (
    MixesSteps, MixesSources, ReadsPadding, KeepsState, IgnoresOption, UntypedOption, Double, NotANumber, Transposed,
    TooLow, UnusedWeight, InfiniteSlope, Unexportable, TwinOfAnother, WrongGradientInTensorFlow,
)  # fmt: skip
TORCH = "Native Detached PartlyDetached WrongGradient Draws DrawsUnseeded Unsaved RunningMean TwinOfAnother".split()


@hookimpl
def s2s_attention_scorers():
    return [
        *(Component(part.__name__, ANY, f"{__name__}:{part.__name__}", "is wrong") for part in PORTABLE),
        *(Component(name, "torch", f"broken_torch_scorers:{name}", "is wrong") for name in TORCH),
        Component("WrongGradientInTensorFlow", "tensorflow", "broken_keras_scorers:WrongGradient", "is wrong"),
        Component("HasNoSummary", ANY, f"{__name__}:HasNoSummary", ""),
    ]

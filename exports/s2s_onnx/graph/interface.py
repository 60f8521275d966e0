"""What an exported graph takes and gives: text, or the ids of symbols."""

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar, Protocol

import numpy as np
from spox import Tensor, Var, argument, inline

from s2s_onnx.graph.array import OnnxArray
from s2s_onnx.graph.namespace import OnnxNamespace
from s2s_onnx.text import prefix_graph, reading_graph, writing_graph
from s2s_toolkit.arrays import Namespace
from s2s_toolkit.batches import padded
from s2s_toolkit.symbols import EOS, PAD
from s2s_toolkit.text import TextSide

BATCH = 32
Arrays = dict[str, OnnxArray]
FOUND = {
    "ids": ("B", "N", "T"),
    "lengths": ("B", "N"),
    "scores": ("B", "N"),
    "token_log_probs": ("B", "N", "T"),
    "attention": ("B", "N", "T", "S"),
    "alignment": ("B", "N", "T"),
}
"""What a search finds, with its axes: B sources, N results for each, T steps, S source symbols."""


class Interface(Protocol):
    """One of the two.

    Attributes:
        outputs: Every output with its axes.
        needed: The outputs that every file has.
        optional: Inputs that may be left out, with their defaults.
    """

    outputs: ClassVar[Mapping[str, tuple[str, ...]]]
    needed: ClassVar[tuple[str, ...]]
    optional: ClassVar[Mapping[str, np.ndarray]]

    def inputs(self) -> dict[str, Var]:
        """The inputs by name, the sources first, made anew."""

    def read(self, inputs: Mapping[str, Var]) -> Arrays:
        """source_ids (B, S) with EOS, source_lengths (B,) that count it, prefix_ids (B, P), and ready outputs."""

    def write(self, found: Arrays) -> dict[str, Var]:
        """What the search found, and what is made of it."""

    def feeds(self, texts: Sequence[str]) -> list[dict[str, np.ndarray]]:
        """Sources as inputs, in batches."""


class TextInterface:
    """Text in, text out: source (B,) and prefix (B,), or (1,) for all."""

    outputs: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "text": ("B", "N"),
        "symbols": ("B", "N", "T"),
        **FOUND,
        "source_symbols": ("B", "S"),
    }
    needed: ClassVar[tuple[str, ...]] = ("text", "symbols", "scores")
    optional: ClassVar[Mapping[str, np.ndarray]] = {"prefix": np.array([""], object)}

    def __init__(self, source: TextSide, target: TextSide) -> None:
        self.source, self.target = source, target

    def inputs(self) -> dict[str, Var]:
        return {"source": argument(Tensor(np.str_, ("B",))), "prefix": argument(Tensor(np.str_, ("B or 1",)))}

    def read(self, inputs: Mapping[str, Var]) -> Arrays:
        read = _arrays(inline(reading_graph(self.source))(source=inputs["source"]))
        prefix = _arrays(inline(prefix_graph(self.target))(prefix=inputs["prefix"]))
        return read | {"prefix_ids": _for_each(read["source_lengths"], prefix["prefix_ids"])}

    def write(self, found: Arrays) -> dict[str, Var]:
        written = inline(writing_graph(self.target))(ids=found["ids"].var, lengths=found["lengths"].var)
        return {**{name: array.var for name, array in found.items()}, **written}

    def feeds(self, texts: Sequence[str]) -> list[dict[str, np.ndarray]]:
        return [{"source": np.array(batch, object)} for batch in _batches(texts)]


class IdsInterface:
    """Ids in, ids out, without BOS and EOS, PAD after the last: source_ids (B, S), prefix_ids (B, P) or (1, P)."""

    outputs: ClassVar[Mapping[str, tuple[str, ...]]] = FOUND
    needed: ClassVar[tuple[str, ...]] = ("ids", "lengths", "scores")
    optional: ClassVar[Mapping[str, np.ndarray]] = {"prefix_ids": np.zeros((1, 0), np.int64)}

    def __init__(self, source: TextSide, target: TextSide) -> None:
        self.source, self.target = source, target

    def inputs(self) -> dict[str, Var]:
        return {
            "source_ids": argument(Tensor(np.int64, ("B", "S"))),
            "prefix_ids": argument(Tensor(np.int64, ("B or 1", "P"))),
        }

    def read(self, inputs: Mapping[str, Var]) -> Arrays:
        xp: Namespace = OnnxNamespace()
        given, prefix = OnnxArray(inputs["source_ids"]), OnnxArray(inputs["prefix_ids"])
        lengths = xp.sum(given != PAD, axis=1, keepdims=True)  # (B, 1)
        padded = xp.concat([given, xp.zeros_like(lengths)], axis=1)  # (B, S + 1): room for the end of the longest
        place = xp.cumulative_sum(xp.ones_like(padded), axis=1) - 1
        lengths_with_end = xp.squeeze(lengths, axis=1) + 1
        return {
            "source_ids": xp.where(place == lengths, EOS, padded),
            "source_lengths": lengths_with_end,
            "prefix_ids": _for_each(lengths_with_end, prefix),
        }

    def write(self, found: Arrays) -> dict[str, Var]:
        return {name: array.var for name, array in found.items()}

    def feeds(self, texts: Sequence[str]) -> list[dict[str, np.ndarray]]:
        return [{"source_ids": padded([self.source.encode(text) for text in batch])[0]} for batch in _batches(texts)]


def _for_each(lengths: OnnxArray, prefix_ids: OnnxArray) -> OnnxArray:
    """Prefixes for the sources of these lengths (B,): their own, or one for all."""
    return prefix_ids + lengths[:, None] * 0


def _batches(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    return (texts[start : start + BATCH] for start in range(0, len(texts), BATCH))


def _arrays(values: Mapping[str, Var]) -> Arrays:
    return {name: OnnxArray(var) for name, var in values.items()}

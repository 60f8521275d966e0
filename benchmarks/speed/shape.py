"""The model of a row, and the arithmetic that it takes at least."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal

from benchmarks.speed.bench import Bench
from benchmarks.speed.data import Counts


@dataclass(frozen=True)
class Shape:
    """A peer's recurrent model: a GRU encoder both ways, a GRU decoder, and one of two orders between them.

    "luong" is JoeyNMT's: the decoder's new state attends, a tanh layer reads state and context, and with input feeding
    the next step reads that layer. JoeyNMT calls it Bahdanau's where the scorer is additive; it is our `luong` decoder
    either way. "bahdanau" is yoyodyne's: the state so far attends, the decoder reads the context, and symbols come
    from its state alone.

    Attributes:
        embedding: Size of the embeddings.
        hidden: Size of everything else.
        decoder: See above.
        scorer: "additive" or "general".
        input_feeding: Of the luong decoder.
        dropout: Share of embeddings and of what is projected to symbols.
    """

    embedding: int = 256
    hidden: int = 256
    decoder: Literal["luong", "bahdanau"] = "luong"
    scorer: Literal["additive", "general"] = "additive"
    input_feeding: bool = True
    dropout: float = 0.2

    def scaled(self, bench: Bench) -> "Shape":
        """Itself, or what the smoke test has instead."""
        return replace(self, embedding=3, hidden=5) if bench.scale == "tiny" else self

    def config(self) -> dict[str, Any]:
        """The `[model]` section."""
        luong = {"readout_size": self.hidden, "input_feeding": self.input_feeding}
        decoder = {"size": self.hidden, **(luong if self.decoder == "luong" else {"bridge": "zero"})}
        return {
            "embedding_size": self.embedding,
            "dropout": self.dropout,
            "encoder": {"name": "gru", "size": self.hidden},
            "attention": {"name": self.scorer} | ({"size": self.hidden} if self.scorer == "additive" else {}),
            "decoder": {"name": self.decoder, "dropout": self.dropout, **decoder},
        }

    def training_flops(self, counts: Counts) -> float:
        """Floating-point operations of one pass over the pairs, forwards and backwards, without padding.

        The way back has two products of matrices for each on the way there.
        """
        costs = self.costs(counts.target_size)
        return 3 * (
            counts.source_tokens * costs.source
            + counts.target_tokens * costs.target
            + counts.cells * costs.cell
            + counts.pairs * costs.pair
        )

    def costs(self, target_size: int) -> "Costs":
        """What reading and writing takes, for so many target symbols."""
        e, h, memory, gates = self.embedding, self.hidden, 2 * self.hidden, 3 * self.hidden
        is_luong = self.decoder == "luong"
        fed = h * self.input_feeding if is_luong else memory
        readout = (h + memory) * h if is_luong else 0
        query = h * h if self.scorer == "additive" else 0
        return Costs(
            source=2.0 * (2 * gates * (e + h) + memory * h),
            target=2.0 * (gates * (e + fed + h) + query + readout + h * target_size),
            cell=2.0 * (h + memory),
            pair=2.0 * memory * h if is_luong else 0.0,
        )


@dataclass(frozen=True)
class Costs:
    """Floating-point operations of the products of matrices, on the way there alone.

    Attributes:
        source: For each source symbol: both directions, and its key.
        target: For each target symbol: the cell, the query, the readout, the projection.
        cell: For each source symbol and target symbol: a score, and a share of the context.
        pair: For each pair: the decoder's first state.
    """

    source: float
    target: float
    cell: float
    pair: float

    def decoding_flops(self, lengths: Iterable[tuple[int, int]], beam_size: int) -> float:
        """Of decoding sources of so many symbols to targets of so many, with a beam."""
        each = (
            source * self.source + beam_size * target * (self.target + source * self.cell) + self.pair
            for source, target in lengths
        )
        return sum(each)

"""What the rows of training share: one pass over so many batches of a corpus, on every side."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.speed.bench import Bench
from benchmarks.speed.data import Corpus, Counts, prepared
from benchmarks.speed.environments import PEERS
from benchmarks.speed.row import Mark, Round, Row, Side, unequal
from benchmarks.speed.shape import Shape

WARM = 5
"""Batches that are not timed: what is made or traced at the first ones is no part of a long training."""

FRAMEWORKS = {"torch": "PyTorch", "tensorflow": "TensorFlow"}
JOEYNMT, YOYODYNE = PEERS["joeynmt"], PEERS["yoyodyne"]


@dataclass(frozen=True)
class Training:
    """One pass over the first batches of a corpus.

    Attributes:
        corpus: Whose pairs.
        shape: Of the model.
        batch_size: Pairs in a batch.
        steps: Batches that are timed.
    """

    corpus: Corpus
    shape: Shape
    batch_size: int
    steps: int

    def prepared(self, bench: Bench) -> tuple[dict[str, Any], Counts]:
        """What every side is given, and what is in it."""
        folder, counts = prepared(self.corpus, bench, pairs=self.batch_size * (WARM + self.steps))
        return {"folder": str(folder.absolute()), "batch_size": self.batch_size, "warm": WARM}, counts

    def ours(self, given: dict[str, Any], frameworks: Sequence[str] = tuple(FRAMEWORKS)) -> list[Side]:
        """Our sides, by framework."""
        module, model = "benchmarks.speed.sides.train", self.shape.config()
        return [Side(FRAMEWORKS[f], module, {**given, "framework": f, "model": model}) for f in frameworks]

    def joeynmt(self, given: dict[str, Any]) -> Side:
        """JoeyNMT's."""
        module = "benchmarks.speed.peers.joeynmt_train"
        return Side(JOEYNMT, module, {**given, "shape": asdict(self.shape)}, peer="joeynmt")

    def yoyodyne(self, given: dict[str, Any]) -> Side:
        """yoyodyne's."""
        module = "benchmarks.speed.peers.yoyodyne_train"
        return Side(YOYODYNE, module, {**given, "shape": asdict(self.shape)}, peer="yoyodyne")

    def row(
        self, name: str, counts: Counts, *, ours: Sequence[Side], peers: Sequence[Side], least: dict[str, float]
    ) -> Row:
        """The row; `least` has how many times as fast as the peer our sides have to be, by name of the side."""
        return Row(
            name=name,
            work=self.sentence(counts),
            unit="target tokens",
            ours=ours,
            peers=peers,
            marks=[Mark(side, bound, peer.name) for side, bound in least.items() for peer in peers],
            flops=self.flops(counts),
            differences=same_training,
        )

    def flops(self, counts: Counts) -> float:
        """Floating-point operations for each target token."""
        return self.shape.training_flops(counts) / counts.target_tokens

    def sentence(self, counts: Counts) -> str:
        """What is done."""
        shape = self.shape
        attention = f"{shape.scorer} attention"
        if shape.decoder == "luong":
            attention += f" after each step, {'' if shape.input_feeding else 'no '}input feeding"
        else:
            attention += " before each step"
        return (
            f"{self.corpus.folder}, {counts.pairs:,} pairs once, {counts.target_tokens:,} target tokens, those of the "
            f"first {WARM} batches not timed; {counts.source_size:,} and {counts.target_size:,} symbols, "
            f"embedding {shape.embedding}, GRU {shape.hidden} both ways, GRU decoder {shape.hidden} with {attention}, "
            f"dropout {shape.dropout:g}, batch {self.batch_size}, Adam, fp32"
        )


def same_training(done: Round) -> list[str]:
    """The same number of weights, but for biases and special symbols, and of target tokens."""
    return unequal(done, "parameters", within=0.02) + unequal(done, "target tokens")

"""How good a model is on the dev pairs: its loss, and the value that chooses the best checkpoint."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from s2s_toolkit.batches import ordered_batches
from s2s_toolkit.contracts import FrameworkModel
from s2s_toolkit.corpus import Corpus
from s2s_toolkit.examples import Examples
from s2s_toolkit.metrics import Metric, References, Sequences
from s2s_toolkit.search import search
from s2s_toolkit.strategies.contract import DecodingStrategy
from s2s_toolkit.text import TextSide

BATCH = 64


@dataclass(frozen=True)
class Validator:
    """A model and the pairs that it is validated on.

    Attributes:
        model: In training.
        examples: The ids of the dev pairs.
        references: The target of each dev pair as the metric compares it, its only reference.
        target: The side of the targets.
        strategy: How translations are found; its first one counts.
        max_length: Symbols at most in a translation.
        metric: What chooses the best checkpoint; None for the loss.
    """

    model: FrameworkModel
    examples: Examples
    references: References
    target: TextSide
    strategy: DecodingStrategy
    max_length: int
    metric: Metric | None

    def loss(self) -> float:
        """Nats per target token."""
        total, tokens = 0.0, 0
        for batch, _ in ordered_batches(self.examples, batch_size=BATCH):
            total, tokens = total + self.model.loss(batch), tokens + batch.num_target_tokens
        return total / tokens

    def value(self, loss: float) -> float:
        """The metric of translations, or the loss where that chooses."""
        return loss if self.metric is None else self.metric(self._translations(), self.references)

    def improves(self, value: float, best: float | None) -> bool:
        """Whether a value is better than the best before it, if there is one."""
        if best is None:
            return True
        return value > best if self.metric and self.metric.higher_is_better else value < best

    def _translations(self) -> Sequences:
        stepper, settings = self.model.stepper(), {"max_length": self.max_length}
        hypotheses: list[Sequence[str]] = [()] * len(self.examples)
        for batch, positions in ordered_batches(self.examples, batch_size=BATCH):
            found = search(stepper, self.strategy, batch.source_ids, batch.source_lengths, settings)
            for row, position in enumerate(positions):
                hypotheses[position] = self._written(found.ids[row, 0, : found.lengths[row, 0]])
        return hypotheses

    def _written(self, ids: Iterable[int]) -> Sequence[str]:
        """What the metric compares: a text, or symbols."""
        if self.metric and self.metric.on_text:
            return self.target.decode(ids)
        return self.target.respelt(self.target.vocabulary.decode(ids))


def references_for(metric: Metric | None, corpus: Corpus) -> References:
    """The references of a corpus, one for each pair: texts as they stood in the file, or symbols."""
    if metric and metric.on_text:
        return [[pair.target] for pair in corpus.texts]
    return [[target] for _, target in corpus.pairs]

"""What a model makes of each pair: its translation, and its loss on every symbol of the reference."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from s2s_toolkit.batches import ordered_batches
from s2s_toolkit.contracts import FrameworkModel
from s2s_toolkit.corpus import Pair
from s2s_toolkit.errors import DataError
from s2s_toolkit.evaluation import CHUNK, Watch, target_symbols
from s2s_toolkit.examples import Example, Examples
from s2s_toolkit.translation import Translation
from s2s_toolkit.translator import Translator

BATCH = 32
"""Pairs whose logits are in memory together."""


@dataclass(frozen=True, eq=False)
class Entry:
    """A pair and what the model makes of it.

    Attributes:
        line: Where the pair stands among all pairs, from 1.
        pair: Its texts.
        reference: The symbols of its target.
        translation: What decoding finds.
        losses: Nats of each symbol of the reference and of its end, given those before it (T + 1,).
    """

    line: int
    pair: Pair
    reference: tuple[str, ...]
    translation: Translation
    losses: np.ndarray

    @property
    def hypothesis(self) -> tuple[str, ...]:
        """The symbols that were found."""
        return target_symbols(self.translation)

    @property
    def is_right(self) -> bool:
        """Whether every symbol is."""
        return self.hypothesis == self.reference

    @property
    def loss(self) -> float:
        """Nats per symbol of the reference, its end counted."""
        return float(self.losses.mean())


def read_entries(
    model: FrameworkModel, translator: Translator, pairs: Sequence[Pair], *, watch: Watch = lambda done, total: None
) -> list[Entry]:
    """An entry for each pair that has symbols on both sides, in their order; DataError if there is none."""
    source, target = translator.source, translator.target
    usable = [
        (line, pair, reference)
        for line, pair in enumerate(pairs, start=1)
        if (reference := tuple(target.split(pair.target))) and source.split(pair.source)
    ]
    if not usable:
        raise DataError("no pair to report on; give at least one that has a symbol on both sides")
    texts = [pair.source for _, pair, _ in usable]
    translations: list[Translation] = []
    for start in range(0, len(texts), CHUNK):
        translations += translator(texts[start : start + CHUNK])
        watch(len(translations), len(texts))
    examples = [(source.encode(p.source), target.vocabulary.encode(reference)) for _, p, reference in usable]
    losses = reference_losses(model, examples)
    made = zip(usable, translations, losses, strict=True)
    return [Entry(*given, translation, loss) for given, translation, loss in made]


def reference_losses(model: FrameworkModel, examples: Sequence[Example]) -> list[np.ndarray]:
    """For each example the loss on every symbol of its target and on its end, by teacher forcing, without dropout."""
    losses: list[np.ndarray] = [np.empty(0)] * len(examples)
    for batch, positions in ordered_batches(Examples.of(examples), batch_size=BATCH):
        logits, _ = model.teacher_forced(batch)  # (B, T, V)
        logits = logits.astype(np.float64)
        greatest = logits.max(axis=-1)
        total = greatest + np.log(np.exp(logits - greatest[..., None]).sum(axis=-1))  # (B, T)
        found = total - np.take_along_axis(logits, batch.target_out[..., None], axis=-1)[..., 0]
        for row, position in enumerate(positions):
            losses[position] = found[row, batch.target_mask[row]]
    return losses

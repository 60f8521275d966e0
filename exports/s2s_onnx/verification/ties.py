"""Is a text that the model does not give a tie, or is it wrong?

Rounding may turn any choice that hangs by a hair: the best of two symbols that are equally probable, the last place in
a beam, the cut of a sample. So a text is a tie if the model gives it too once its logits are moved by no more than what
counts as equal. That holds for every strategy, and asks nothing of it.
"""

from operator import contains
from typing import Any

import numpy as np

from s2s_toolkit.contracts import Stepper
from s2s_toolkit.translation import Translation
from s2s_toolkit.translator import Translator

NUM_NUDGES = 32
"""A choice that hangs by a hair comes out either way half of the time."""

State = tuple[Any, np.ndarray]
"""The stepper's, and what each row's logits are nudged by at all steps (B·K, V); 0 where they are nudged anew."""


class NudgedStepper:
    """A stepper whose logits are moved at random, for each source another way.

    For every other source anew at each step; for the rest alike, since two symbols may tie wherever they meet, and then
    their ties come out one way.

    Args:
        stepper: Whose.
        nudge: By how much at most; of a logit above one, by which share.
    """

    def __init__(self, stepper: Stepper, nudge: float) -> None:
        self.stepper, self.nudge, self.rng = stepper, nudge, np.random.default_rng(1)
        self.vocabulary_size = stepper.vocabulary_size

    def start(self, source_ids: np.ndarray, source_lengths: np.ndarray, copies: int) -> State:
        """As the stepper's."""
        alike = self._drawn(len(source_ids))
        alike[::2] = 0
        return self.stepper.start(source_ids, source_lengths, copies), np.repeat(alike, copies, axis=0)

    def step(self, previous_ids: np.ndarray, state: State) -> tuple[np.ndarray, np.ndarray, State]:
        """As the stepper's, nudged."""
        own, alike = state
        logits, attention, own = self.stepper.step(previous_ids, own)
        moves = alike.copy()
        anew = ~alike.any(axis=1)
        moves[anew] = self._drawn(int(anew.sum()))
        moves *= np.maximum(1, np.abs(logits))
        return logits + moves, attention, (own, alike)

    def select(self, state: State, rows: np.ndarray) -> State:
        """As the stepper's; rows stay within their source, and so do the nudges."""
        own, alike = state
        return self.stepper.select(own, rows), alike

    def _drawn(self, rows: int) -> np.ndarray:
        drawn = self.rng.random((rows, self.vocabulary_size), dtype=np.float32)
        drawn -= 0.5
        drawn *= 2 * self.nudge
        return drawn


class Ties:
    """Tells ties from errors.

    Args:
        model: What the file should agree with.
        nudge: How far logits may be apart.
    """

    def __init__(self, model: Translator, nudge: float) -> None:
        self.model = Translator(
            NudgedStepper(model.stepper, nudge),
            model.source,
            model.target,
            model.strategy,
            model.settings,
            batch_size=NUM_NUDGES,
        )

    def __call__(self, text: str, found: Translation) -> bool:
        """Whether each of the results found for a source could be the model's, in its place."""
        nudged = self.model([text] * NUM_NUDGES)
        if found.source_symbols not in ((), nudged[0].source_symbols):  # what was read is no choice
            return False
        places = [*zip(*map(_targets, nudged), strict=True)]
        targets = _targets(found)
        return len(targets) == len(places) and all(map(contains, places, targets))


def _targets(translation: Translation) -> list[tuple[str, tuple[str, ...]]]:
    return [(result.text, result.symbols) for result in (translation, *translation.alternatives)]

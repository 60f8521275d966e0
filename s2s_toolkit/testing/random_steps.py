"""Models without weights: what comes next is drawn from a seed, the source and the symbols before."""

from dataclasses import dataclass

import numpy as np

from s2s_toolkit.arrays import NumpyNamespace
from s2s_toolkit.strategies.random import fingerprint, mix
from s2s_toolkit.symbols import EOS


@dataclass(frozen=True)
class State:
    """What a row has seen, as a number, and how long its source is; (B·K,) each."""

    history: np.ndarray
    source_lengths: np.ndarray
    source_size: int


@dataclass
class RandomStepper:
    """A model as the search sees it (`s2s_toolkit.contracts.Stepper`).

    Attributes:
        vocabulary_size: V.
        seed: Another seed, another model.
        end: How much more probable than others the end is, in nats.
        spread: How far logits lie apart.
    """

    vocabulary_size: int
    seed: int
    end: float = 1.0
    spread: float = 2.0

    def start(self, source_ids: np.ndarray, source_lengths: np.ndarray, copies: int) -> State:
        """Sources (B, S), whose padding changes nothing."""
        real = np.arange(source_ids.shape[1]) < source_lengths[:, None]
        seen = fingerprint(NumpyNamespace(), np.where(real, source_ids, 0))[:, 0]
        return State(np.repeat(seen, copies), np.repeat(source_lengths, copies), source_ids.shape[1])

    def step(self, previous_ids: np.ndarray, state: State) -> tuple[np.ndarray, np.ndarray, State]:
        """Previous ids (B·K,) -> logits (B·K, V), attention (B·K, S), zero on padding, and the state."""
        history = mix(state.history, previous_ids)
        logits = np.zeros((len(history), self.vocabulary_size), np.float32)
        attention = np.zeros((len(history), state.source_size), np.float32)
        for row, (seen, length) in enumerate(zip(history, state.source_lengths, strict=True)):
            rng = np.random.default_rng([self.seed, seen])
            logits[row] = rng.normal(0, self.spread, self.vocabulary_size)
            attention[row, :length] = rng.dirichlet(np.ones(length))
        logits[:, EOS] += self.end
        return logits, attention, State(history, state.source_lengths, state.source_size)

    def select(self, state: State, rows: np.ndarray) -> State:
        """The state of other rows."""
        return State(state.history[rows], state.source_lengths[rows], state.source_size)

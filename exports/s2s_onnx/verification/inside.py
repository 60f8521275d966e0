"""What an exported model computes for given targets, before anything is decided."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from s2s_onnx.stepper import OnnxStepper
from s2s_toolkit.batches import Batch
from s2s_toolkit.corpus import Pair


@dataclass(frozen=True)
class Inside:
    """Inner values.

    Attributes:
        memory: The encoder's outputs (B, S, M).
        logits: Of each step (B, T, V).
        attention: Of each step (B, T, S); None if the file does not give it.
    """

    memory: np.ndarray
    logits: np.ndarray
    attention: np.ndarray | None


LookInside = Callable[[Sequence[Pair], Batch], Inside]
"""The inner values for pairs, and for the same pairs as ids: a file reads either."""


def inside_of_stepper(stepper: OnnxStepper) -> LookInside:
    """For an exported model that is stepped from outside."""

    def look(pairs: Sequence[Pair], batch: Batch) -> Inside:
        state = stepper.start(batch.source_ids, batch.source_lengths, 1)
        logits, attention = [], []
        for previous_ids in batch.target_in.T:
            step_logits, step_attention, state = stepper.step(previous_ids, state)
            logits.append(step_logits)
            attention.append(step_attention)
        memory = stepper.encode(batch.source_ids, batch.source_lengths)
        return Inside(memory, np.stack(logits, axis=1), np.stack(attention, axis=1))

    return look

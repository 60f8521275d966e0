"""The whole model out of reference parts: what numpy runs, and what the ONNX export traces.

`s2s_torch.model` and `s2s_tensorflow.model` are its twins.
"""

from collections.abc import Mapping

import numpy as np

from s2s_toolkit.arrays import Array, Namespace, NumpyNamespace
from s2s_toolkit.batches import Batch
from s2s_toolkit.errors import UnsupportedError
from s2s_toolkit.model import ModelPlan, Parts, declared_weights
from s2s_toolkit.parts.attention import Memory, attend_step
from s2s_toolkit.parts.cells import State
from s2s_toolkit.weights import under

DOES_NOT_TRAIN = "the numpy reference does not train; use --framework torch or tensorflow"


class PortableModel:
    """Embed, encode, start and step, on any array namespace."""

    def __init__(self, xp: Namespace, parts: Parts, weights: Mapping[str, Array]) -> None:
        self.xp, self.parts, self.weights = xp, parts, weights

    def start(self, source_ids: Array, source_lengths: Array) -> tuple[Memory, State]:
        """Sources (B, S), lengths (B,) -> what attention reads, and the decoder's first state."""
        xp = self.xp
        embedded = xp.take(self.weights["source_embedding"], source_ids, axis=0)  # (B, S, E)
        values, summary = self.parts.encoder.encode(xp, under(self.weights, "encoder"), embedded, source_lengths)
        keys = self.parts.scorer.keys(xp, under(self.weights, "attention"), values)
        state = self.parts.decoder.start(xp, under(self.weights, "decoder"), summary)
        return Memory(values, keys, self._mask(source_ids, source_lengths)), state

    def step(self, previous_ids: Array, memory: Memory, state: State) -> tuple[Array, Array, State]:
        """Previous ids (B,) -> logits (B, V), attention (B, S), state."""
        xp, scorer_weights = self.xp, under(self.weights, "attention")

        def attend(query: Array) -> tuple[Array, Array]:
            return attend_step(xp, self.parts.scorer, scorer_weights, query, memory)

        embedded = xp.take(self.weights["target_embedding"], previous_ids, axis=0)  # (B, E)
        readout, attention, state = self.parts.decoder.step(xp, under(self.weights, "decoder"), embedded, state, attend)
        logits = xp.matmul(readout, self.weights["output.kernel"]) + self.weights["output.bias"]
        return logits, attention, state

    def _mask(self, source_ids: Array, source_lengths: Array) -> Array:
        xp = self.xp
        positions = xp.cumulative_sum(xp.ones_like(source_ids), axis=1)  # (B, S), from 1
        return positions <= xp.expand_dims(source_lengths, axis=1)


class NumpyFramework:
    """The reference: runs and explains every model of portable parts, and trains none."""

    def build(self, plan: ModelPlan, parts: Parts) -> "NumpyModel":
        """Build the reference model."""
        return NumpyModel(plan, parts)


class NumpyModel:
    """The reference model, as `s2s_toolkit.contracts.FrameworkModel`."""

    def __init__(self, plan: ModelPlan, parts: Parts) -> None:
        self.plan, self.parts = plan, parts
        self._weights = {name: np.zeros(w.shape, np.float32) for name, w in declared_weights(plan, parts).items()}

    def weights(self) -> dict[str, np.ndarray]:
        return dict(self._weights)

    def load_weights(self, weights: dict[str, np.ndarray]) -> None:
        self._weights = dict(weights)

    def teacher_forced(self, batch: Batch) -> tuple[np.ndarray, np.ndarray]:
        model = PortableModel(NumpyNamespace(), self.parts, self._weights)
        memory, state = model.start(batch.source_ids, batch.source_lengths)
        logits, attention = [], []
        for position in range(batch.target_in.shape[1]):
            step_logits, step_attention, state = model.step(batch.target_in[:, position], memory, state)
            logits.append(step_logits)
            attention.append(step_attention)
        return np.stack(logits, axis=1), np.stack(attention, axis=1)

    def loss(self, batch: Batch) -> float:
        log_probs = NumpyNamespace.log_softmax(self.teacher_forced(batch)[0])
        chosen = np.take_along_axis(log_probs, batch.target_out[..., None], axis=-1)[..., 0]
        return float(-chosen[batch.target_mask].sum())

    def stepper(self) -> "NumpyStepper":
        return NumpyStepper(PortableModel(NumpyNamespace(), self.parts, self._weights), self.plan.target_size)

    def gradients(self, batch: Batch) -> dict[str, np.ndarray]:
        raise UnsupportedError("the numpy reference computes no gradients; use --framework torch or tensorflow")

    def optimizer(self, *, clip_norm: float) -> None:
        raise UnsupportedError(DOES_NOT_TRAIN)


class NumpyStepper:
    """The reference model for the search."""

    def __init__(self, model: PortableModel, vocabulary_size: int) -> None:
        self.model, self.vocabulary_size = model, vocabulary_size

    def start(self, source_ids: np.ndarray, source_lengths: np.ndarray, copies: int) -> tuple[Memory, State]:
        memory, state = self.model.start(source_ids, source_lengths)
        memory = Memory(*(np.repeat(array, copies, axis=0) for array in (memory.values, memory.keys, memory.mask)))
        return memory, {name: np.repeat(array, copies, axis=0) for name, array in state.items()}

    def step(
        self, previous_ids: np.ndarray, state: tuple[Memory, State]
    ) -> tuple[np.ndarray, np.ndarray, tuple[Memory, State]]:
        logits, attention, new = self.model.step(previous_ids, *state)
        return logits, attention, (state[0], new)

    def select(self, state: tuple[Memory, State], rows: np.ndarray) -> tuple[Memory, State]:
        return state[0], {name: array[rows] for name, array in state[1].items()}

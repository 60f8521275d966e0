"""The whole model out of reference parts: what numpy runs, and what the ONNX export traces.

`s2s_torch.model` and `s2s_tensorflow.model` are its twins.
"""

from collections.abc import Mapping

import numpy as np

from s2s_toolkit.arrays import Array, Namespace, NumpyNamespace
from s2s_toolkit.batches import Batch
from s2s_toolkit.contracts import OptimizerOptions
from s2s_toolkit.errors import UnsupportedError
from s2s_toolkit.model import ModelPlan, Parts, declared_weights
from s2s_toolkit.parts.attention import Attend, Memory, attend_step
from s2s_toolkit.parts.cells import State
from s2s_toolkit.weights import under

DOES_NOT_TRAIN = "the numpy reference does not train; use --framework torch or tensorflow"


class PortableModel:
    """Embed, encode, start and step, on any array namespace.

    The target embedding stands in for a source embedding and an output kernel that are not among the weights.
    """

    def __init__(self, xp: Namespace, parts: Parts, weights: Mapping[str, Array]) -> None:
        self.xp, self.parts, self.weights = xp, parts, weights

    def start(self, source_ids: Array, source_lengths: Array) -> tuple[Memory, State]:
        """Sources (B, S), lengths (B,) -> what attention reads, and the decoder's first state."""
        encoded, summary = self.encode(source_ids, source_lengths)
        return self.remember(encoded, self.mask(source_ids, source_lengths)), self.begin(summary)

    def encode(self, source_ids: Array, source_lengths: Array) -> tuple[Array, Array]:
        """Sources (B, S), lengths (B,) -> memory (B, S, M), zero on padding, and summary (B, M)."""
        table = self.weights["source_embedding" if "source_embedding" in self.weights else "target_embedding"]
        embedded = self.xp.take(table, source_ids, axis=0)  # (B, S, E)
        return self.parts.encoder.encode(self.xp, under(self.weights, "encoder"), embedded, source_lengths)

    def remember(self, encoded: Array, mask: Array) -> Memory:
        """Encoder outputs (B, S, M), mask (B, S) -> what attention reads."""
        return Memory(encoded, self.parts.scorer.keys(self.xp, under(self.weights, "attention"), encoded), mask)

    def begin(self, summary: Array) -> State:
        """Summary (B, M) -> the decoder's first state."""
        return self.parts.decoder.start(self.xp, under(self.weights, "decoder"), summary)

    def step(self, previous_ids: Array, memory: Memory, state: State) -> tuple[Array, Array, State]:
        """Previous ids (B,) -> logits (B, V), attention (B, S), state."""
        xp = self.xp
        embedded = xp.take(self.weights["target_embedding"], previous_ids, axis=0)  # (B, E)
        readout, attention, state = self.parts.decoder.step(
            xp, under(self.weights, "decoder"), embedded, state, self.attend(memory)
        )
        return self.project(readout), attention, state

    def project(self, readout: Array) -> Array:
        """Readout (B, R) -> logits (B, V)."""
        xp, weights = self.xp, self.weights
        tied = "output.kernel" not in weights
        kernel = xp.matrix_transpose(weights["target_embedding"]) if tied else weights["output.kernel"]  # (R, V)
        return xp.matmul(readout, kernel) + weights["output.bias"]

    def attend(self, memory: Memory) -> Attend:
        """How queries look a memory up, one for each of its rows."""
        weights = under(self.weights, "attention")
        return lambda query: attend_step(self.xp, self.parts.scorer, weights, query, memory)

    def mask(self, source_ids: Array, source_lengths: Array) -> Array:
        """Sources (B, S), lengths (B,) -> True on real symbols (B, S)."""
        xp = self.xp
        positions = xp.cumulative_sum(xp.ones_like(source_ids), axis=1)  # (B, S), from 1
        return positions <= xp.expand_dims(source_lengths, axis=1)


class NumpyFramework:
    """The reference: runs and explains every model of portable parts, and trains none."""

    def build(self, plan: ModelPlan, parts: Parts) -> "NumpyModel":
        """Build the reference model."""
        return NumpyModel(plan, parts)

    def namespace(self) -> NumpyNamespace:
        return NumpyNamespace()


class NumpyModel:
    """The reference model, as `s2s_toolkit.contracts.FrameworkModel`."""

    def __init__(self, plan: ModelPlan, parts: Parts) -> None:
        self.plan, self.parts = plan, parts
        self._weights = {name: np.zeros(w.shape, np.float32) for name, w in declared_weights(plan, parts).items()}

    def weights(self) -> dict[str, np.ndarray]:
        return dict(self._weights)

    def load_weights(self, weights: dict[str, np.ndarray]) -> None:
        self._weights = dict(weights)

    def encode(self, source_ids: np.ndarray, source_lengths: np.ndarray) -> np.ndarray:
        memory, _ = self._portable().encode(source_ids, source_lengths)
        return np.asarray(memory)

    def teacher_forced(self, batch: Batch) -> tuple[np.ndarray, np.ndarray]:
        model = self._portable()
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

    def predictions(self, batch: Batch) -> np.ndarray:
        return self.teacher_forced(batch)[0].argmax(axis=-1)

    def stepper(self) -> "NumpyStepper":
        return NumpyStepper(self._portable(), self.plan.target_size)

    def gradients(self, batch: Batch) -> dict[str, np.ndarray]:
        raise UnsupportedError("the numpy reference computes no gradients; use --framework torch or tensorflow")

    def optimizer(self, options: OptimizerOptions) -> None:
        raise UnsupportedError(DOES_NOT_TRAIN)

    def _portable(self) -> PortableModel:
        return PortableModel(NumpyNamespace(), self.parts, self._weights)


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

"""What the pipeline expects of a framework. Only numpy arrays cross this border."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from s2s_toolkit.arrays import Namespace
from s2s_toolkit.batches import Batch
from s2s_toolkit.model import ModelPlan, Parts


class Stepper(Protocol):
    """A model seen from the search: numpy in, numpy out; the state is the framework's own and stays where it is."""

    vocabulary_size: int

    def start(self, source_ids: np.ndarray, source_lengths: np.ndarray, copies: int) -> Any:
        """Encode sources (B, S), lengths (B,); the state has `copies` rows for each source, side by side."""

    def step(self, previous_ids: np.ndarray, state: Any) -> tuple[np.ndarray, np.ndarray, Any]:
        """Previous ids (B·copies,) -> logits (B·copies, V), attention (B·copies, S), state."""

    def select(self, state: Any, rows: np.ndarray) -> Any:
        """The state whose row i is row `rows[i]` of the given one; rows stay within their source."""


class Optimizer(Protocol):
    """Adam (Kingma and Ba 2015) with the gradient's norm clipped."""

    def step(self, batch: Batch, *, learning_rate: float, seed: int) -> float:
        """Train on one batch; `seed` draws the dropout.

        Returns the loss before the step, summed over real target tokens, in nats.
        """

    def state(self) -> dict[str, np.ndarray]:
        """`mean.<weight>`, `variance.<weight>` in the layout of the weights, and `steps` ()."""

    def load_state(self, state: dict[str, np.ndarray]) -> None:
        """Take over what `state` gave, in this or the other framework."""


class DecodingModel(Protocol):
    """A model as far as decoding, and what is compared with it, need to know it."""

    def encode(self, source_ids: np.ndarray, source_lengths: np.ndarray) -> np.ndarray:
        """Sources (B, S), lengths (B,) -> memory (B, S, M), zero on padding as encoders give it, without dropout."""

    def teacher_forced(self, batch: Batch) -> tuple[np.ndarray, np.ndarray]:
        """Logits (B, T, V) and attention (B, T, S) for given targets, without dropout."""

    def stepper(self) -> Stepper:
        """The model for decoding."""


class FrameworkModel(DecodingModel, Protocol):
    """A model built by a framework."""

    def weights(self) -> dict[str, np.ndarray]:
        """Every weight by name, in the layout of `docs/weights.md`."""

    def load_weights(self, weights: dict[str, np.ndarray]) -> None:
        """Take over weights; names and shapes have been checked."""

    def loss(self, batch: Batch) -> float:
        """Cross-entropy in nats, summed over real target tokens, without dropout."""

    def gradients(self, batch: Batch) -> dict[str, np.ndarray]:
        """The gradient of `loss` per target token, in the layout of the weights."""

    def optimizer(self, *, clip_norm: float) -> Optimizer:
        """A fresh optimizer of this model."""


class Framework(Protocol):
    """A framework plugin's entry."""

    def build(self, plan: ModelPlan, parts: Parts) -> FrameworkModel:
        """Build a model of these parts; its weights are then loaded."""


TensorFunction = Callable[..., Mapping[str, Any]]
"""Calls a native part: takes tensors of its framework by name, and returns some."""


class ArrayFramework(Framework, Protocol):
    """A framework that lends its array namespace, so that strategies can be compared on it too."""

    def namespace(self) -> Namespace:
        """What portable parts call `xp` there."""


class PartExporter(Protocol):
    """A native part alone, whose functions its framework runs, and makes ONNX graphs of."""

    part: Any

    def weights(self) -> dict[str, np.ndarray]:
        """The part's weights, by their own names; every function has been run before."""

    def load_weights(self, weights: Mapping[str, np.ndarray]) -> None:
        """Take over the part's weights, likewise."""

    def run(self, function: TensorFunction, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """What a function returns, without dropout."""

    def export(
        self, function: TensorFunction, inputs: Mapping[str, np.ndarray], open_axes: Mapping[str, Sequence[int]]
    ) -> bytes:
        """A function as a serialized `onnx.ModelProto`, weights inside; names are those that the function uses.

        Args:
            function: The function.
            inputs: Arrays to trace it with.
            open_axes: The axes of each input whose size may vary.
        """


class ExportingFramework(Framework, Protocol):
    """A framework whose native parts can go into an exported file; those of others have to bring their graphs."""

    def part_exporter(self, part: Any) -> PartExporter:
        """Take up a part; export from it in a process that exports nothing else."""

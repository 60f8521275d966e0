"""What the pipeline expects of a framework. Only numpy arrays cross this border."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
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


@dataclass(frozen=True)
class OptimizerOptions:
    """What an optimizer minimises and how, from the first step to the last.

    Attributes:
        clip_norm: Greatest norm of the whole gradient.
        weight_decay: Before each step every weight of more than one axis loses this share of itself, times the learning
            rate (AdamW: Loshchilov and Hutter 2019, algorithm 2).
        label_smoothing: E in (1 - E) times the cross-entropy plus E times the mean of -log p over the vocabulary
            (Szegedy et al. 2016, section 7), which is minimised.
        moving_average: Decay of a moving average of the weights; 0 for none.
        precision: "fp32", or "bf16" or "fp16": products of a step are in 16 bits (Micikevicius et al. 2018), of which 8
            or 5 are the exponent's; weights, moments and what is told of a loss are in 32. With 5 the loss is scaled
            (`s2s_toolkit.loss_scale`), gradients are clipped without their scale, and a step whose gradient is not
            finite is left out. UnsupportedError from `FrameworkModel.optimizer` where the device can't.
    """

    clip_norm: float = 1.0
    weight_decay: float = 0.0
    label_smoothing: float = 0.0
    moving_average: float = 0.0
    precision: str = "fp32"


class Optimizer(Protocol):
    """Adam (Kingma and Ba 2015) with the gradient's norm clipped, and what else `OptimizerOptions` asks for."""

    def step(self, batches: Sequence[Batch], *, learning_rate: float, seeds: Sequence[int]) -> float:
        """Train on batches as if they were one; the seed of each draws its dropout.

        The gradient is that of what is minimised per target token, over all of them together.

        Returns the cross-entropy before the step, summed over real target tokens, in nats. Where the gradient is not
        finite, nothing changes, and NaN is returned; in fp16 the loss scale does, and the loss is returned as it is.
        """

    def state(self) -> dict[str, np.ndarray]:
        """`mean.<weight>`, `variance.<weight>` in the layout of the weights, and `steps` (); nothing before a step.

        In fp16 also `loss_scale` () and `good_steps` (); a step that was left out is not among `steps`. With a
        moving average, also `average.<weight>`: the weights after the first step; after one that n came before, d times
        itself plus 1 - d times the weights, where d is the smaller of its decay and (1 + n) / (10 + n).
        """

    def load_state(self, state: dict[str, np.ndarray]) -> None:
        """Take over what `state` gave, in this or the other framework, once the model has its weights.

        An average that it lacks begins with those; one that is not wanted any more is dropped.
        """

    def close(self) -> None:
        """Give back what it holds beside memory, such as processes; there are no more steps after it."""


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

    def predictions(self, batch: Batch) -> np.ndarray:
        """The most probable symbol at each step (B, T), int64, for given targets, without dropout."""

    def optimizer(self, options: OptimizerOptions) -> Optimizer:
        """A fresh optimizer of this model."""


class Framework(Protocol):
    """A framework plugin's entry."""

    def build(self, plan: ModelPlan, parts: Parts) -> FrameworkModel:
        """Build a model of these parts; its weights are then loaded."""


TensorFunction = Callable[..., Mapping[str, Any]]
"""Calls a native part: takes tensors of its framework by name, and returns some."""


class PlacedFramework(Framework, Protocol):
    """A framework that computes on a device which is asked for, and trains on several of one machine."""

    def on(self, device: str, count: int = 1) -> "PlacedFramework":
        """The framework on devices that `s2s_toolkit.devices.chosen_devices` chooses; UnsupportedError if it can't be.

        It may be too late where the process has begun to compute on others. On several devices, an optimizer of its
        models does what one on a single device does, but for dropout: each takes its share of a batch
        (`s2s_toolkit.shares`), and gradients are added up before they are clipped.
        """

    def scope(self) -> AbstractContextManager[object]:
        """Where its models and their parts are made."""


class LimitedFramework(Framework, Protocol):
    """A framework whose allocators have errors of their own."""

    @staticmethod
    def says_out_of_memory(error: BaseException) -> bool:
        """Whether an error is one of those; the command line then says what takes less."""


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

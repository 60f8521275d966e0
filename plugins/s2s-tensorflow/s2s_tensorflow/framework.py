"""TensorFlow behind the core's contracts (`s2s_toolkit.contracts`): numpy in, numpy out."""

from contextlib import AbstractContextManager, nullcontext
from functools import cached_property
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from tensorflow import Tensor

from s2s_tensorflow.attention import Attention
from s2s_tensorflow.devices import found_devices
from s2s_tensorflow.layout import places
from s2s_tensorflow.loss import BATCH, IDS, LENGTHS, batch_loss, to_tensors
from s2s_tensorflow.model import Model
from s2s_tensorflow.namespace import TensorFlowNamespace
from s2s_tensorflow.onnx_parts import PartExporter
from s2s_tensorflow.optimizer import Adam
from s2s_tensorflow.portable import PortableDecoder, PortableEncoder, PortableScorer
from s2s_tensorflow.shared import SharedAdam, mirrored
from s2s_tensorflow.shortage import is_shortage
from s2s_toolkit.batches import Batch
from s2s_toolkit.contracts import OptimizerOptions
from s2s_toolkit.errors import UnsupportedError
from s2s_toolkit.model import ModelPlan, Parts
from s2s_toolkit.parts.attention import Memory

State = dict[str, Tensor]
Arrays = tuple[Tensor, Tensor, Tensor]
"""The three tensors of a `Memory`, since a `tf.function` knows no dataclass."""


class TensorFlowFramework:
    """Builds models.

    Args:
        strategy: Puts copies of them on several devices; None for one device.
    """

    def __init__(self, strategy: tf.distribute.MirroredStrategy | None = None) -> None:
        self.strategy = strategy

    def on(self, device: str, count: int = 1) -> "TensorFlowFramework":
        devices = found_devices(device, count)
        return TensorFlowFramework(mirrored(devices) if count > 1 else None)

    def scope(self) -> AbstractContextManager[object]:
        return self.strategy.scope() if self.strategy else nullcontext()

    def build(self, plan: ModelPlan, parts: Parts) -> "TensorFlowModel":
        """Build a model; parts that are no layers are portable and get wrapped."""
        if keras.config.backend() != "tensorflow":
            raise UnsupportedError(f"Keras runs on {keras.config.backend()!r} here; set KERAS_BACKEND=tensorflow")
        encoder = _as_layer(parts.encoder, PortableEncoder)
        attention = Attention(_as_layer(parts.scorer, PortableScorer))
        decoder = _as_layer(parts.decoder, PortableDecoder)
        return TensorFlowModel(Model(plan, encoder, attention, decoder), self.strategy)

    def namespace(self) -> TensorFlowNamespace:
        return TensorFlowNamespace()

    def part_exporter(self, part: Any) -> PartExporter:
        return PartExporter(part)

    @staticmethod
    def says_out_of_memory(error: BaseException) -> bool:
        return is_shortage(error)


class TensorFlowModel:
    """A TensorFlow model as `s2s_toolkit.contracts.FrameworkModel`."""

    def __init__(self, layer: Model, strategy: tf.distribute.MirroredStrategy | None = None) -> None:
        self.layer, self.strategy = layer, strategy
        one = tf.ones((1, 1), tf.int64)
        layer.output(layer(one, one[0], one)[0])  # Keras makes variables when it first sees what comes in
        self.places = places(layer)

    def weights(self) -> dict[str, np.ndarray]:
        return {name: place.to_numpy(place.variable) for name, place in self.places.items()}

    def load_weights(self, weights: dict[str, np.ndarray]) -> None:
        for name, place in self.places.items():
            place.variable.assign(place.to_tensor(weights[name]))

    def encode(self, source_ids: np.ndarray, source_lengths: np.ndarray) -> np.ndarray:
        return self._encode(_tensor(source_ids), _tensor(source_lengths)).numpy()

    def teacher_forced(self, batch: Batch) -> tuple[np.ndarray, np.ndarray]:
        source_ids, source_lengths, target_in, *_ = to_tensors(batch)
        logits, attention = self._teacher_forced(source_ids, source_lengths, target_in)
        return logits.numpy(), attention.numpy()

    def loss(self, batch: Batch) -> float:
        return float(self._loss(to_tensors(batch)))

    def gradients(self, batch: Batch) -> dict[str, np.ndarray]:
        gradients = self._gradients(to_tensors(batch))
        return {name: place.to_numpy(g) for (name, place), g in zip(self.places.items(), gradients, strict=True)}

    def predictions(self, batch: Batch) -> np.ndarray:
        source_ids, source_lengths, target_in, *_ = to_tensors(batch)
        return self._predictions(source_ids, source_lengths, target_in).numpy()

    def stepper(self) -> "TensorFlowStepper":
        return self._stepper

    def optimizer(self, options: OptimizerOptions) -> Adam:
        return SharedAdam(self.layer, options, self.strategy) if self.strategy else Adam(self.layer, options)

    @cached_property
    def _stepper(self) -> "TensorFlowStepper":
        return TensorFlowStepper(self.layer)  # traced once

    @tf.function(input_signature=[IDS, LENGTHS], autograph=False)
    def _encode(self, source_ids: Tensor, source_lengths: Tensor) -> Tensor:
        memory, _ = self.layer.start(source_ids, source_lengths)
        return memory.values

    @tf.function(input_signature=[IDS, LENGTHS, IDS], autograph=False)
    def _teacher_forced(self, source_ids: Tensor, source_lengths: Tensor, target_in: Tensor) -> tuple[Tensor, Tensor]:
        readouts, attention = self.layer.unroll(source_ids, source_lengths, target_in)
        return self.layer.output(readouts), attention

    @tf.function(input_signature=[IDS, LENGTHS, IDS], autograph=False)
    def _predictions(self, source_ids: Tensor, source_lengths: Tensor, target_in: Tensor) -> Tensor:
        readouts, _ = self.layer.unroll(source_ids, source_lengths, target_in)
        return tf.argmax(self.layer.output(readouts), axis=-1)

    @tf.function(input_signature=[BATCH], autograph=False)
    def _loss(self, batch: tuple[Tensor, ...]) -> Tensor:
        return batch_loss(self.layer, batch, differentiates=False)

    @tf.function(input_signature=[BATCH], autograph=False)
    def _gradients(self, batch: tuple[Tensor, ...]) -> list[Tensor]:
        variables = [place.variable for place in self.places.values()]
        with tf.GradientTape() as tape:
            loss = batch_loss(self.layer, batch) / tf.math.count_nonzero(batch[4], dtype=tf.float32)
        return tape.gradient(loss, variables, unconnected_gradients=tf.UnconnectedGradients.ZERO)


class TensorFlowStepper:
    """A TensorFlow model for the search; the state stays on the model's device."""

    def __init__(self, layer: Model) -> None:
        self.layer = layer
        self.vocabulary_size = layer.output.units
        # the state's shapes are the model's affair: what `start` gives is what `step` and `select` are traced for
        first = self._start.get_concrete_function().structured_outputs
        memory, state = tf.nest.map_structure(lambda x: tf.TensorSpec(x.shape, x.dtype), first)
        self._step = tf.function(self._step_once, input_signature=[LENGTHS, memory, state], autograph=False)
        self._select = tf.function(self._select_rows, input_signature=[LENGTHS, state], autograph=False)

    def start(self, source_ids: np.ndarray, source_lengths: np.ndarray, copies: int) -> tuple[Arrays, State]:
        return self._start(_tensor(source_ids), _tensor(source_lengths), tf.constant(copies))

    def step(
        self, previous_ids: np.ndarray, state: tuple[Arrays, State]
    ) -> tuple[np.ndarray, np.ndarray, tuple[Arrays, State]]:
        logits, attention, new = self._step(_tensor(previous_ids), *state)
        return logits.numpy(), attention.numpy(), (state[0], new)

    def select(self, state: tuple[Arrays, State], rows: np.ndarray) -> tuple[Arrays, State]:
        return state[0], self._select(_tensor(rows), state[1])

    @tf.function(input_signature=[IDS, LENGTHS, tf.TensorSpec((), tf.int32)], autograph=False)
    def _start(self, source_ids: Tensor, source_lengths: Tensor, copies: Tensor) -> tuple[Arrays, State]:
        memory, state = self.layer.start(source_ids, source_lengths)
        arrays = tuple(tf.repeat(x, copies, axis=0) for x in (memory.values, memory.keys, memory.mask))
        return arrays, {name: tf.repeat(value, copies, axis=0) for name, value in state.items()}

    def _step_once(self, previous_ids: Tensor, memory: Arrays, state: State) -> tuple[Tensor, Tensor, State]:
        return self.layer.step(previous_ids, Memory(*memory), state)

    def _select_rows(self, rows: Tensor, state: State) -> State:
        return {name: tf.gather(value, rows) for name, value in state.items()}


def _tensor(array: np.ndarray) -> Tensor:
    return tf.convert_to_tensor(array, tf.int64)


def _as_layer(part: Any, wrapper: type[keras.layers.Layer]) -> keras.layers.Layer:
    return part if isinstance(part, keras.layers.Layer) else wrapper(part)

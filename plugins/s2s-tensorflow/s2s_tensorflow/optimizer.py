"""Adam with the gradient's norm clipped; its state in the layout of the weights, so that either framework can go on."""

import math
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from tensorflow import Tensor

from s2s_tensorflow.layout import Place, members, places
from s2s_tensorflow.loss import BATCH, to_tensors, training_losses
from s2s_tensorflow.model import Model
from s2s_tensorflow.precision import check_precision, lower_products
from s2s_toolkit.batches import Batch
from s2s_toolkit.contracts import OptimizerOptions
from s2s_toolkit.loss_scale import LossScale, loss_scale

MEAN_DECAY, VARIANCE_DECAY, EPSILON = float(np.float32(0.9)), float(np.float32(0.999)), 1e-8
"""The decays as the kernel has them: it computes 1 - 0.999 in single precision, and 1.3e-5 of that is rounding."""

TOKENS, SEED, RATE = (tf.TensorSpec((), dtype) for dtype in (tf.float32, tf.int64, tf.float64))
DRAWS = 2**20
"""More than any layer draws in one step: its stream of random numbers begins so far from the next layer's."""


class Adam:
    """Kingma and Ba (2015), algorithm 1, with decays 0.9 and 0.999, as `OptimizerOptions` extends it.

    Args:
        model: What is trained, in place.
        options: What is minimised, and how.
    """

    def __init__(self, model: Model, options: OptimizerOptions) -> None:
        self.model, self.options = model, options
        check_precision(options.precision)
        self.scale: LossScale | None = loss_scale(options.precision)
        self.places: dict[str, Place] = places(model)
        self.steps = tf.Variable(0, dtype=tf.int64)
        self.means, self.variances = self._zeros(), self._zeros()
        self.averages: dict[str, tf.Variable] = self._zeros() if options.moving_average else {}

    def step(self, batches: Sequence[Batch], *, learning_rate: float, seeds: Sequence[int]) -> float:
        """Train on batches as one; the cross-entropy before the step, summed over real target tokens.

        The seed of each batch draws its dropout. NaN where the gradient is not finite, which then changes nothing.
        """
        rate = tf.constant(learning_rate, tf.float64)
        factor = self.scale.factor if self.scale else 1.0
        tokens = tf.constant(sum(batch.num_target_tokens for batch in batches) / factor, tf.float32)
        given = [(self._placed(batch), tokens, self._seed(seed)) for batch, seed in zip(batches, seeds, strict=True)]
        with lower_products(self.options.precision):
            if len(given) == 1 and self.scale is None:  # one graph is faster than two
                return float(self._step(*given[0], rate))
            total, gradients = 0.0, list[Tensor]()
            for each in given:
                own, loss = self._differentiate(*each)
                gradients = [g + h for g, h in zip(gradients, own, strict=True)] if gradients else own
                total += float(loss)
        if self.scale:
            gradients = [gradient / factor for gradient in gradients]
        finite = bool(self._apply(gradients, rate))
        if self.scale:
            self.scale = self.scale.after(finite=finite)
            return total
        return total if finite else math.nan

    def state(self) -> dict[str, np.ndarray]:
        """What `contracts.Optimizer.state` says; nothing before a step."""
        steps = int(self.steps)
        if not steps and self.scale in (None, LossScale()):
            return {}
        state = {"steps": np.asarray(steps)} | (self.scale.state() if self.scale else {})
        for name, place in self.places.items():
            state[f"mean.{name}"] = place.to_numpy(self.means[name])
            state[f"variance.{name}"] = place.to_numpy(self.variances[name])
        averages = self.averages if steps else {}  # the first step begins them
        return state | {f"average.{name}": self.places[name].to_numpy(average) for name, average in averages.items()}

    def load_state(self, state: dict[str, np.ndarray]) -> None:
        """Take over what `state` gave, in this or the other framework; an average that it lacks is the weights'."""
        self.steps.assign(int(state.get("steps", 0)))
        self.scale = LossScale.restored(state) if self.scale else None
        for name, place in self.places.items():
            if f"mean.{name}" in state:
                self.means[name].assign(place.to_tensor(state[f"mean.{name}"]))
                self.variances[name].assign(place.to_tensor(state[f"variance.{name}"]))
        for name, average in self.averages.items():
            kept = state.get(f"average.{name}")
            average.assign(self.places[name].variable if kept is None else self.places[name].to_tensor(kept))

    def close(self) -> None:
        """Nothing is held."""

    def _placed(self, batch: Batch) -> tuple[Any, ...]:
        return to_tensors(batch)

    def _seed(self, seed: int) -> Tensor:
        return tf.constant(seed, tf.int64)

    @tf.function(input_signature=[BATCH, TOKENS, SEED, RATE], autograph=False)
    def _step(self, batch: tuple[Tensor, ...], tokens: Tensor, seed: Tensor, learning_rate: Tensor) -> Tensor:
        gradients, loss = self._gradients(batch, tokens, seed)
        return tf.where(self._counted(self._update(gradients, learning_rate, self.steps + 1)), loss, math.nan)

    @tf.function(input_signature=[BATCH, TOKENS, SEED], autograph=False)
    def _differentiate(self, batch: tuple[Tensor, ...], tokens: Tensor, seed: Tensor) -> tuple[list[Tensor], Tensor]:
        return self._gradients(batch, tokens, seed)

    @tf.function(autograph=False)
    def _apply(self, gradients: list[Tensor], learning_rate: Tensor) -> Tensor:
        return self._counted(self._update(gradients, learning_rate, self.steps + 1))

    def _counted(self, finite: Tensor) -> Tensor:
        """Whether a step was taken, which is now counted."""
        self.steps.assign_add(tf.cast(finite, tf.int64))
        return finite

    def _gradients(self, batch: tuple[Tensor, ...], tokens: Tensor, seed: Tensor) -> tuple[list[Tensor], Tensor]:
        """Of what is minimised per target token, of which there are `tokens` in the whole step; and the loss."""
        reseed(self.model, seed)
        variables = [place.variable for place in self.places.values()]
        with tf.GradientTape() as tape:
            minimised, loss = training_losses(self.model, batch, self.options.label_smoothing)
            per_token = minimised / tokens
        gradients = tape.gradient(per_token, variables, unconnected_gradients=tf.UnconnectedGradients.ZERO)
        return [tf.convert_to_tensor(g) for g in gradients], loss  # an embedding's comes as slices

    def _update(self, gradients: list[Tensor], learning_rate: Tensor, number: Tensor) -> Tensor:
        """Apply the step of a number, from 1, if its gradient is finite, and say whether it is."""
        norm = tf.linalg.global_norm(gradients)

        def update() -> Tensor:
            self._move(gradients, norm, learning_rate, number)
            return tf.constant(True)

        return tf.cond(tf.math.is_finite(norm), update, lambda: tf.constant(False))

    def _move(self, gradients: list[Tensor], norm: Tensor, learning_rate: Tensor, number: Tensor) -> None:
        """Take a step in TensorFlow's fused kernel, which wants both corrections in the rate.

        It adds epsilon to the uncorrected deviation, so that epsilon has to be made as much smaller. The corrections
        are those of its own decays: those of 0.999 would make the first steps longer by 6.5e-6 of themselves.
        """
        scale = tf.minimum(self.options.clip_norm / (norm + 1e-6), 1.0)
        steps = tf.cast(number, tf.float64)
        root = tf.sqrt(1 - VARIANCE_DECAY**steps)
        rate = learning_rate * root / (1 - MEAN_DECAY**steps)
        for (name, place), gradient in zip(self.places.items(), gradients, strict=True):
            if self.options.weight_decay and place.variable.shape.rank > 1:
                place.variable.assign_sub(
                    tf.cast(self.options.weight_decay * learning_rate, tf.float32) * place.variable
                )
            tf.raw_ops.ResourceApplyAdam(
                var=place.variable.handle,
                m=self.means[name].handle,
                v=self.variances[name].handle,
                beta1_power=0.0,  # no correction of its own, which would be in single precision
                beta2_power=0.0,
                lr=tf.cast(rate, tf.float32),
                beta1=MEAN_DECAY,
                beta2=VARIANCE_DECAY,
                epsilon=tf.cast(EPSILON * root, tf.float32),
                grad=scale * gradient,
            )
        if self.averages:
            self._average(steps - 1)

    def _average(self, steps: Tensor) -> None:
        """Move the averages towards the weights; less and less at first, as `contracts.Optimizer.state` says."""
        decay = tf.minimum(tf.constant(self.options.moving_average, tf.float64), (1 + steps) / (10 + steps))
        share = tf.cast(tf.where(steps > 0, 1 - decay, 1.0), tf.float32)
        for name, average in self.averages.items():
            average.assign_add(share * (self.places[name].variable - average))

    def _zeros(self) -> dict[str, tf.Variable]:
        return {name: tf.Variable(tf.zeros_like(place.variable)) for name, place in self.places.items()}


def reseed(model: Model, seed: Tensor) -> None:
    """Start every layer's random numbers anew, each in its own stream, so that a step depends on its seed alone."""
    generators = [member for _, member in members(model) if isinstance(member, keras.random.SeedGenerator)]
    for number, generator in enumerate(generators):
        generator.state.assign(tf.stack([seed, tf.constant(number * DRAWS, tf.int64)]))

"""Adam with the gradient's norm clipped; its state in the layout of the weights, so that either framework can go on."""

import keras
import numpy as np
import tensorflow as tf
from tensorflow import Tensor

from s2s_tensorflow.layout import Place, members, places
from s2s_tensorflow.loss import BATCH, batch_loss, to_tensors
from s2s_tensorflow.model import Model
from s2s_toolkit.batches import Batch

MEAN_DECAY, VARIANCE_DECAY, EPSILON = 0.9, 0.999, 1e-8
SCALAR, SEED = tf.TensorSpec((), tf.float64), tf.TensorSpec((), tf.int64)
DRAWS = 2**20
"""More than any layer draws in one step: its stream of random numbers begins so far from the next layer's."""


class Adam:
    """Kingma and Ba (2015), algorithm 1, with decays 0.9 and 0.999.

    Args:
        model: What is trained, in place.
        clip_norm: Greatest norm of the whole gradient.
    """

    def __init__(self, model: Model, clip_norm: float) -> None:
        self.model, self.clip_norm = model, clip_norm
        self.places: dict[str, Place] = places(model)
        self.steps = tf.Variable(0, dtype=tf.int64)
        self.means = {name: tf.Variable(tf.zeros_like(place.variable)) for name, place in self.places.items()}
        self.variances = {name: tf.Variable(tf.zeros_like(place.variable)) for name, place in self.places.items()}

    def step(self, batch: Batch, *, learning_rate: float, seed: int) -> float:
        """Train on one batch; the loss before the step, summed over real target tokens. `seed` draws the dropout."""
        return float(self._step(to_tensors(batch), tf.constant(learning_rate, tf.float64), tf.constant(seed, tf.int64)))

    def state(self) -> dict[str, np.ndarray]:
        """`mean.<weight>`, `variance.<weight>` and `steps`; nothing before the first step."""
        if int(self.steps) == 0:
            return {}
        state = {"steps": np.asarray(self.steps.numpy())}
        for name, place in self.places.items():
            state[f"mean.{name}"] = place.to_numpy(self.means[name])
            state[f"variance.{name}"] = place.to_numpy(self.variances[name])
        return state

    def load_state(self, state: dict[str, np.ndarray]) -> None:
        """Take over what `state` gave, in this or the other framework."""
        for name, place in self.places.items():
            if f"mean.{name}" in state:
                self.steps.assign(int(state["steps"]))
                self.means[name].assign(place.to_tensor(state[f"mean.{name}"]))
                self.variances[name].assign(place.to_tensor(state[f"variance.{name}"]))

    @tf.function(input_signature=[BATCH, SCALAR, SEED], autograph=False)
    def _step(self, batch: tuple[Tensor, ...], learning_rate: Tensor, seed: Tensor) -> Tensor:
        reseed(self.model, seed)
        variables = [place.variable for place in self.places.values()]
        with tf.GradientTape() as tape:
            loss = batch_loss(self.model, batch, training=True)
            per_token = loss / tf.math.count_nonzero(batch[4], dtype=tf.float32)
        gradients = tape.gradient(per_token, variables, unconnected_gradients=tf.UnconnectedGradients.ZERO)
        gradients = [tf.convert_to_tensor(g) for g in gradients]  # an embedding's comes as slices
        scale = tf.minimum(self.clip_norm / (tf.linalg.global_norm(gradients) + 1e-6), 1.0)
        self._update([scale * g for g in gradients], learning_rate)
        return loss

    def _update(self, gradients: list[Tensor], learning_rate: Tensor) -> None:
        """Apply one step in TensorFlow's fused kernel, which wants both corrections in the rate.

        It adds epsilon to the uncorrected deviation, so that epsilon has to be made as much smaller.
        """
        steps = tf.cast(self.steps.assign_add(1), tf.float64)
        root = tf.sqrt(1 - VARIANCE_DECAY**steps)
        rate = learning_rate * root / (1 - MEAN_DECAY**steps)
        for (name, place), gradient in zip(self.places.items(), gradients, strict=True):
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
                grad=gradient,
            )


def reseed(model: Model, seed: Tensor) -> None:
    """Start every layer's random numbers anew, each in its own stream, so that a step depends on its seed alone."""
    generators = [member for _, member in members(model) if isinstance(member, keras.random.SeedGenerator)]
    for number, generator in enumerate(generators):
        generator.state.assign(tf.stack([seed, tf.constant(number * DRAWS, tf.int64)]))

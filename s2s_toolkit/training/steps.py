"""One step of a training: which pairs, how noisy, how fast."""

import math
import zlib
from collections.abc import Sequence

from s2s_toolkit.batches import Batch
from s2s_toolkit.config import Config
from s2s_toolkit.config_sections import TrainingConfig
from s2s_toolkit.contracts import FrameworkModel, Optimizer, OptimizerOptions
from s2s_toolkit.examples import Examples
from s2s_toolkit.observers import BatchStep
from s2s_toolkit.training.bad_steps import BadStepError
from s2s_toolkit.training.noise import Noise
from s2s_toolkit.training.order import Order
from s2s_toolkit.training.resumption import Progress
from s2s_toolkit.training.schedules import Moment, learning_rate


class Steps:
    """The steps of a training; each depends on the config, the model, the optimizer and the progress alone.

    Args:
        config: How it is trained.
        model: What is trained; its first weights are loaded.
        examples: What it is trained on.
    """

    def __init__(self, config: Config, model: FrameworkModel, examples: Examples) -> None:
        self.options, self.seed = config.training, config.seed
        self.order = Order(examples, self.options.batch_size, self.options.accumulate, config.seed)
        self.noise = Noise(self.options, config.seed, model)
        self.optimizer: Optimizer = model.optimizer(optimizer_options(self.options))

    def take(self, batches: Sequence[Batch], progress: Progress) -> BatchStep:
        """Train on the batches of a step, and count it; BadStepError, once it is counted, where it was left out."""
        rate = self.learning_rate(progress)
        loss = self.train(batches, rate, step=progress.step, epochs=self._epochs(progress))
        if math.isnan(loss):
            progress.count_bad_step()
            raise BadStepError(f"the gradient of step {progress.step} is not finite")
        tokens = num_tokens(batches)
        progress.count_step(loss, tokens)
        return BatchStep(progress.step, loss, tokens, rate)

    def train(self, batches: Sequence[Batch], learning_rate: float, *, step: int, epochs: float) -> float:
        """Train on the batches of a step, which so many steps and passes come before; their summed loss before it."""
        noisy = [self.noise.apply(batch, step=step, number=n, epochs=epochs) for n, batch in enumerate(batches)]
        seeds = [dropout_seed(self.seed, step, number) for number in range(len(batches))]
        return self.optimizer.step(noisy, learning_rate=learning_rate, seeds=seeds)

    def learning_rate(self, progress: Progress) -> float:
        """For the next step."""
        return learning_rate(self.options, Moment(progress.step, self._epochs(progress), progress.decays))

    def _epochs(self, progress: Progress) -> float:
        """Passes over the pairs so far."""
        return progress.epoch + progress.done / self.order.steps_per_epoch


def num_tokens(batches: Sequence[Batch]) -> int:
    """Target symbols of some batches that the loss counts."""
    return sum(batch.num_target_tokens for batch in batches)


def dropout_seed(seed: int, step: int, number: int) -> int:
    """What draws the dropout of a batch: the config's seed, the steps before, the batch's number in its step."""
    return zlib.crc32(f"{seed} {step} {number}".encode()) >> 1


def optimizer_options(training: TrainingConfig) -> OptimizerOptions:
    """What of a config the optimizer sees to."""
    return OptimizerOptions(
        clip_norm=training.clip_norm,
        weight_decay=training.weight_decay,
        label_smoothing=training.label_smoothing,
        moving_average=training.moving_average,
        precision=training.precision,
    )

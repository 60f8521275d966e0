"""Models of several frameworks, trained side by side on the same batches in one process, and compared as they go.

Dropout alone differs between frameworks, so it is off; then all that remains is rounding.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

import numpy as np

from s2s_toolkit.batches import Batch, ordered_batches
from s2s_toolkit.comparison.differences import (
    GRADIENTS,
    LOSS,
    QUANTITIES,
    WEIGHTS,
    Arrays,
    Difference,
    largest_difference,
    teacher_forced,
)
from s2s_toolkit.config import Config
from s2s_toolkit.config_sections import PartConfig
from s2s_toolkit.model import SECTIONS
from s2s_toolkit.observers import Observer
from s2s_toolkit.registry import Registry
from s2s_toolkit.training.loop import Training, prepared
from s2s_toolkit.training.schedules import Moment, learning_rate
from s2s_toolkit.training.steps import num_tokens
from s2s_toolkit.training.unwritten_steps import endless_steps, take_step

DEV_BATCH = 32
"""Dev pairs that logits and attention are compared on."""

ROUNDING = "rounding"
"""The side that is the first framework once more, on batches whose pairs stand in reverse order."""


@dataclass(frozen=True)
class Side:
    """One of the trainings.

    Attributes:
        name: Of its framework, or `ROUNDING`.
        training: Prepared, and not run.
        turned: Whether the pairs of each batch are read in reverse order: the same sums, added in another order.
    """

    name: str
    training: Training
    turned: bool = False

    def batches(self, given: Sequence[Batch]) -> Sequence[Batch]:
        """The batches of a step as this side reads them."""
        return [_turned(batch) for batch in given] if self.turned else given

    def arrays(self, batches: Sequence[Batch], dev: Batch) -> dict[str, Arrays]:
        """All that is compared before a step on these batches, by quantity and name."""
        model = self.training.model
        gradients = mean_gradients(model.gradients, self.batches(batches))
        return {**teacher_forced(model, dev), GRADIENTS: gradients, WEIGHTS: model.weights()}


@dataclass(frozen=True)
class InStep:
    """What was seen.

    Attributes:
        first: The framework that the others are compared with.
        losses: Side -> the loss of each step, in nats per target token.
        differences: Side but the first -> quantity -> a difference for each step that was looked at.
    """

    first: str
    losses: dict[str, list[float]] = field(default_factory=dict)
    differences: dict[str, dict[str, list[Difference]]] = field(default_factory=dict)

    @property
    def frameworks(self) -> list[str]:
        """The frameworks, the first one first."""
        return [name for name in self.losses if name != ROUNDING]

    @property
    def steps(self) -> int:
        """How many steps were taken."""
        return len(self.losses[self.first])

    def largest(self, side: str) -> dict[str, Difference]:
        """Quantity -> the largest difference over all steps."""
        found = self.differences[side].items()
        return {name: max(all_of_them, key=lambda each: each.value) for name, all_of_them in found}


def without_dropout(config: Config) -> Config:
    """The config with every `dropout` of the model and of its parts at zero."""
    model = config.model
    changed: dict[str, object] = {"dropout": 0.0}
    for section in SECTIONS.values():
        part: PartConfig = getattr(model, section)
        if "dropout" in part.options:
            changed[section] = PartConfig.model_validate({**part.model_dump(), "dropout": 0.0})
    return config.model_copy(update={"model": model.model_copy(update=changed)})


def prepare_sides(config: Config, frameworks: Sequence[str], registry: Registry) -> list[Side]:
    """A training in each framework, and the first one's again to show how far rounding alone leads.

    That last one is left out where the core draws noise by a pair's place in its batch.
    """
    plain = without_dropout(config).model_copy(update={"observers": {}})

    def prepare(framework: str) -> Training:
        chosen = plain.model_copy(update={"framework": framework})
        return prepared(chosen, Path("unwritten"), registry, Observer())

    sides = [Side(framework, prepare(framework)) for framework in frameworks]
    is_noisy = plain.training.word_dropout or plain.training.scheduled_sampling
    return sides if is_noisy else [*sides, Side(ROUNDING, prepare(frameworks[0]), turned=True)]


def train_in_step(
    sides: Sequence[Side], *, steps: int, every: int = 1, watch: Callable[[int], None] = lambda step: None
) -> InStep:
    """Take steps with all sides on the batches of the first.

    Args:
        sides: Prepared by `prepare_sides`; their weights are spoilt.
        steps: How many.
        every: Steps between two at which more than the loss is compared; the first and the last are among them.
        watch: Takes the number of each step done.
    """
    first, *others = sides
    found = InStep(
        first.name,
        {side.name: [] for side in sides},
        {side.name: {quantity: [] for quantity in QUANTITIES} for side in others},
    )
    dev = _middle_batch(first.training)
    for number, batches in enumerate(islice(endless_steps(first.training), steps)):
        if number % every == 0 or number == steps - 1:
            _compare(first, others, found, batches=batches, dev=dev, step=number)
        for side in sides:
            found.losses[side.name].append(_step(side, batches, number))
        for side in others:
            own, other = found.losses[first.name][-1], found.losses[side.name][-1]
            found.differences[side.name][LOSS].append(Difference(number, abs(own - other), "", own))
        watch(number + 1)
    return found


def mean_gradients(gradients: Callable[[Batch], Mapping[str, np.ndarray]], batches: Sequence[Batch]) -> Arrays:
    """The gradients per target token of the batches of one step, as if they were one."""
    total = num_tokens(batches)
    shares = [batch.num_target_tokens / total for batch in batches]
    found = [gradients(batch) for batch in batches]
    zero = np.zeros((), np.float32)
    return {name: sum((s * g[name] for s, g in zip(shares, found, strict=True)), start=zero) for name in found[0]}


def _compare(
    first: Side, others: Sequence[Side], found: InStep, *, batches: Sequence[Batch], dev: Batch, step: int
) -> None:
    own = first.arrays(batches, dev)
    for side in others:
        for quantity, arrays in side.arrays(batches, dev).items():
            difference = largest_difference(own[quantity], arrays, step=step)
            found.differences[side.name][quantity].append(difference)


def _step(side: Side, batches: Sequence[Batch], number: int) -> float:
    training = side.training
    at = Moment(number, number / training.order.steps_per_epoch)
    rate = learning_rate(training.options, at)
    return take_step(training, side.batches(batches), number=number, learning_rate=rate)


def _middle_batch(training: Training) -> Batch:
    """A batch of dev pairs that are neither short nor long."""
    batches = [batch for batch, _ in ordered_batches(training.validator.examples, batch_size=DEV_BATCH)]
    return batches[len(batches) // 2]


def _turned(batch: Batch) -> Batch:
    turned = {name: np.ascontiguousarray(array[::-1]) for name, array in vars(batch).items()}
    return replace(batch, **turned)

"""How the learning rate changes over a training."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from s2s_toolkit.config_sections import ScheduleName, TrainingConfig


@dataclass(frozen=True)
class Moment:
    """Where training stands, as a schedule sees it.

    Attributes:
        step: Steps taken.
        epochs: Passes over the pairs, with the share of the one under way.
        decays: How often a plateau has been met.
    """

    step: int = 0
    epochs: float = 0.0
    decays: int = 0


def learning_rate(options: TrainingConfig, at: Moment) -> float:
    """For the next step: the config's, times what the schedule and the warm-up say, each from 0 to 1."""
    factor = SCHEDULES[options.schedule](options, at)
    if options.warmup_steps:
        factor *= min(1, (at.step + 1) / options.warmup_steps)  # the step ahead counts: none is taken at zero
    return options.learning_rate * factor


def _constant(options: TrainingConfig, at: Moment) -> float:
    return 1.0


def _cosine(options: TrainingConfig, at: Moment) -> float:
    """Down to zero at the end, along half a wave (Loshchilov and Hutter 2017, equation 5, without restarts).

    By epochs and not by steps, since a resumed run may have other data or another batch size, so other steps in one.
    """
    share = at.epochs / options.max_epochs
    if options.max_steps:  # whichever limit is nearer
        share = max(share, at.step / options.max_steps)
    return (1 + math.cos(math.pi * min(1, share))) / 2


def _inverse_sqrt(options: TrainingConfig, at: Moment) -> float:
    """With the root of the number of the step, from the end of the warm-up (Vaswani et al. 2017, equation 3)."""
    start = max(1, options.warmup_steps)
    return math.sqrt(start / max(start, at.step + 1))


def _step(options: TrainingConfig, at: Moment) -> float:
    """Times `decay` after every `decay_every` epochs."""
    return options.decay ** (math.floor(at.epochs) // options.decay_every)


def _plateau(options: TrainingConfig, at: Moment) -> float:
    """Times `decay` for each time that validations got no better."""
    return options.decay**at.decays


SCHEDULES: Mapping[ScheduleName, Callable[[TrainingConfig, Moment], float]] = {
    "constant": _constant,
    "cosine": _cosine,
    "inverse_sqrt": _inverse_sqrt,
    "step": _step,
    "plateau": _plateau,
}
"""What each schedule multiplies the config's learning rate with."""

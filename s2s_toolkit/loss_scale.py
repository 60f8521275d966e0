"""What a loss is multiplied with so that its gradients fit into 16 bits, 5 of which are the exponent's.

Micikevicius et al. (2018), section 3.2. The rule is here, so that both frameworks follow it to the step.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from s2s_toolkit.errors import S2SError

SCALE, GOOD_STEPS = "loss_scale", "good_steps"
"""What an optimizer's state calls the two."""


@dataclass(frozen=True)
class LossScale:
    """The factor of a step's loss. Powers of two: they change no digit of a gradient, nor does dividing by them.

    Attributes:
        factor: Multiplies the loss, divides the gradient; begins high, since halving takes a step, and doubling many.
        good_steps: How many finite gradients there were in a row since it changed.
        interval: After how many it is doubled.
    """

    factor: float = 2.0**16
    good_steps: int = 0
    interval: int = 2000

    def after(self, *, finite: bool) -> "LossScale":
        """The scale after a step whose gradient was finite, or was not, and was left out for that.

        S2SError where the gradient is not finite without any scale, so that no other can help.
        """
        if not finite:
            if self.factor <= 1:
                raise S2SError(
                    "training diverged: its gradient is beyond fp16 without any loss scale; set training.precision to "
                    "bf16 or fp32, or a lower training.learning_rate"
                )
            return replace(self, factor=self.factor / 2, good_steps=0)
        if self.good_steps + 1 < self.interval:
            return replace(self, good_steps=self.good_steps + 1)
        return replace(self, factor=self.factor * 2, good_steps=0)

    def state(self) -> dict[str, np.ndarray]:
        """What of it belongs to an optimizer's state."""
        return {SCALE: np.asarray(self.factor), GOOD_STEPS: np.asarray(self.good_steps)}

    @classmethod
    def restored(cls, state: Mapping[str, np.ndarray]) -> "LossScale":
        """That of an optimizer's state; the first one where that has none."""
        return cls(float(state[SCALE]), int(state[GOOD_STEPS])) if state.keys() >= {SCALE, GOOD_STEPS} else cls()


def loss_scale(precision: str) -> LossScale | None:
    """The first scale of a training, if its precision needs one: bf16 has the exponents of fp32."""
    return LossScale() if precision == "fp16" else None

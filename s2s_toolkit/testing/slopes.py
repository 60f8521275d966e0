"""Gradients against finite differences of the loss."""

from typing import NamedTuple

import numpy as np

from s2s_toolkit.contracts import FrameworkModel
from s2s_toolkit.testing.small_model import SmallModel, batch

STEP = 2e-2
"""How far along a line the loss is looked at: less drowns in float32's rounding."""
SHARE, ROUNDING = 0.01, 3e-5
"""How far off a slope may be: a share of the gradient, for the curve that is left, and what float32 makes of a loss."""
LINES = 3
"""How many are tried: where the loss has a kink there is no slope, and a wrong gradient is wrong along each."""


class Slope(NamedTuple):
    """How the loss changes along a line, per target token: as measured, and as the gradient says."""

    measured: float
    claimed: float
    agrees: bool


def slopes(model: SmallModel, framework: str) -> dict[str, Slope]:
    """Weight of the part -> the slope along a line where it agrees with the gradient, or where none does."""
    gradients, rng = model.gradients(framework), np.random.default_rng(7)
    made, found = model.model(framework), {}
    for name in (name for name in gradients if name.startswith(f"{model.section}.")):
        gradient = gradients[name].astype(np.float64)
        allowed = SHARE * float(np.linalg.norm(gradient)) + ROUNDING
        for _ in range(LINES):
            line = _line(gradient, rng)
            measured = _slope(made, model.weights, name, line) / batch().num_target_tokens
            claimed = float((gradient * line).sum())
            slope = Slope(measured, claimed, abs(measured - claimed) <= allowed)
            if slope.agrees:
                break
        found[name.removeprefix(f"{model.section}.")] = slope
    return found


def _line(gradient: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A direction between the gradient, along which the slope is steep, and a random one.

    Along the gradient alone, a part of it that is missing would not be missed.
    """
    random = rng.normal(size=gradient.shape)
    random *= np.copysign(1 / np.linalg.norm(random), (gradient * random).sum())  # uphill too, so that none cancels
    line = gradient / (np.linalg.norm(gradient) or 1) + random
    return line / np.linalg.norm(line)


def _slope(model: FrameworkModel, weights: dict[str, np.ndarray], name: str, line: np.ndarray) -> float:
    """Two central differences, put together so that the loss may curve to the third order (Richardson 1911)."""

    def loss(step: float) -> float:
        model.load_weights({**weights, name: (weights[name] + step * line).astype(np.float32)})
        return model.loss(batch())

    narrow, wide = ((loss(step) - loss(-step)) / (2 * step) for step in (STEP, 2 * STEP))
    return (4 * narrow - wide) / 3

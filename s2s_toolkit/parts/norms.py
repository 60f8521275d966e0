"""Layer normalisation, framework-neutral."""

from collections.abc import Mapping

from s2s_toolkit.arrays import Array, Namespace
from s2s_toolkit.weights import Weight

EPSILON = 1e-5
"""Added to the variance, in every framework the same."""


def norm_weights(size: int) -> dict[str, Weight]:
    """`scale` and `bias`, which change nothing at first."""
    return {"scale": Weight((size,), "ones"), "bias": Weight((size,), "zeros")}


def normalize(xp: Namespace, weights: Mapping[str, Array], values: Array) -> Array:
    """Bring the last axis of values (…, H) to mean 0 and variance 1, then scale and shift it.

    Ba et al. (2016), section 3.1, equation 4.
    """
    centred = values - xp.mean(values, axis=-1, keepdims=True)
    variance = xp.mean(xp.pow(centred, 2.0), axis=-1, keepdims=True)
    return centred / xp.sqrt(variance + EPSILON) * weights["scale"] + weights["bias"]

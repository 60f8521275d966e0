"""Named weight arrays: what a part declares, and the initial values that the core draws (layout: `docs/weights.md`)."""

import math
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

Initial = Literal["glorot", "orthogonal", "embedding", "zeros", "ones", "forget"]


@dataclass(frozen=True)
class Weight:
    """The shape of a weight array and how its first values are drawn.

    Attributes:
        shape: Matrices are (input, output), so that every framework computes `x @ weight`.
        initial: "glorot" uniform (Glorot and Bengio 2010), "orthogonal" (Saxe et al. 2014), "embedding" (normal,
            deviation 0.1), "zeros", "ones", or "forget": zeros, but ones for the second of four blocks, an LSTM's
            forget gate (Jozefowicz et al. 2015).
        blocks: How many matrices lie side by side in the columns, as the gates of a cell do; each is drawn on its own.
    """

    shape: tuple[int, ...]
    initial: Initial = "glorot"
    blocks: int = 1


def initial_weights(declared: Mapping[str, Weight], seed: int) -> dict[str, np.ndarray]:
    """Draw every array in float32; an array's values depend on the seed, its name and its shape alone."""
    return {
        name: _draw(weight, np.random.default_rng([seed, zlib.crc32(name.encode())]))
        for name, weight in declared.items()
    }


def guess_weight(name: str, shape: tuple[int, ...]) -> Weight:
    """The declaration of an array that a native part holds without declaring it: vectors zero, matrices Glorot.

    The scale of a normalising layer is one, by whatever name: PyTorch says `weight` and Keras `gamma`.
    """
    if len(shape) > 1:
        return Weight(shape, "glorot")
    return Weight(shape, "ones" if name.rpartition(".")[2] in ("weight", "gamma", "scale") else "zeros")


def under(weights: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """The weights whose name starts with `prefix.`, without it."""
    start = prefix + "."
    return {name.removeprefix(start): value for name, value in weights.items() if name.startswith(start)}


def prefixed(weights: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """The weights with `prefix.` put before each name."""
    return {f"{prefix}.{name}": value for name, value in weights.items()}


def _draw(weight: Weight, rng: np.random.Generator) -> np.ndarray:
    if weight.initial in ("zeros", "forget"):
        values = np.zeros(weight.shape)
        if weight.initial == "forget":
            values[weight.shape[0] // 4 : weight.shape[0] // 2] = 1
    elif weight.initial == "ones":
        values = np.ones(weight.shape)
    elif weight.initial == "embedding":
        values = rng.normal(0, 0.1, weight.shape)
    else:
        draw = _orthogonal if weight.initial == "orthogonal" else _glorot
        block = (*weight.shape[:-1], weight.shape[-1] // weight.blocks)
        values = np.concatenate([draw(block, rng) for _ in range(weight.blocks)], axis=-1)
    return values.astype(np.float32)


def _glorot(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    fan_in, fan_out = (shape[-2], shape[-1]) if len(shape) > 1 else (shape[0], 1)
    limit = math.sqrt(6 / (fan_in + fan_out))
    return rng.uniform(-limit, limit, shape)


def _orthogonal(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    if shape[-2] < shape[-1]:  # a wide matrix has orthogonal rows, a tall one orthogonal columns
        return _orthogonal((shape[-1], shape[-2]), rng).T
    q, r = np.linalg.qr(rng.normal(size=shape))
    return q * np.sign(np.diag(r))

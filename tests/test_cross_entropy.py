"""The loss of a batch in pieces is that of the whole, and so is its gradient."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from s2s_toolkit.testing.requirements import require

Arrays = tuple[np.ndarray, ...]
SIZES = {
    "several pieces": (700, 5000),
    "fewer rows than pieces": (3, 20_000),
    "one row": (1, 9000),
    "one piece": (50, 7),
}


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_values_and_gradients(losses: Callable[..., Any], size: tuple[int, int], smoothing: float) -> None:
    rng = np.random.default_rng(1)
    (rows, symbols), readout = size, 6
    readouts, weight, bias = (
        rng.normal(size=(rows, readout)),
        rng.normal(size=(symbols, readout)),
        rng.normal(size=symbols),
    )
    targets = rng.integers(symbols, size=rows)
    found = losses(readouts, weight, bias, targets, smoothing, factor=0.25)
    for value, expected in zip(found, reference(readouts, weight, bias, targets, smoothing, factor=0.25), strict=True):
        np.testing.assert_allclose(value, expected, rtol=2e-4, atol=2e-5)


def reference(
    readouts: np.ndarray, weight: np.ndarray, bias: np.ndarray, targets: np.ndarray, smoothing: float, factor: float
) -> Arrays:
    """Both sums, and the gradients of the first times a factor, in 64 bits."""
    logits = readouts @ weight.T + bias
    log_probs = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
    labels = np.full_like(logits, smoothing / len(weight))
    labels[np.arange(len(targets)), targets] += 1 - smoothing
    gradient = factor * (np.exp(log_probs) - labels)
    loss = -log_probs[np.arange(len(targets)), targets].sum()
    return -(labels * log_probs).sum(), loss, gradient @ weight, gradient.T @ readouts, gradient.sum(axis=0)


@pytest.fixture(params=["torch", "tensorflow"])
def losses(request: pytest.FixtureRequest) -> Callable[..., Arrays]:
    """What `reference` gives, in a framework and 32 bits."""
    require(request.param)
    return {"torch": in_torch, "tensorflow": in_tensorflow}[request.param]


def in_torch(*given: Any, factor: float) -> Arrays:
    import torch

    from s2s_torch.cross_entropy import cross_entropies

    *arrays, targets, smoothing = given
    tensors = [torch.tensor(array, dtype=torch.float32, requires_grad=True) for array in arrays]
    minimised, loss = cross_entropies(*tensors, torch.tensor(targets), smoothing)
    gradients = torch.autograd.grad(factor * minimised, tensors)
    return tuple(tensor.detach().numpy() for tensor in (minimised, loss, *gradients))


def in_tensorflow(*given: Any, factor: float) -> Arrays:
    import tensorflow as tf

    from s2s_tensorflow.cross_entropy import cross_entropies

    readouts, weight, bias, targets, smoothing = given
    tensors = [tf.constant(array, tf.float32) for array in (readouts, weight.T, bias)]

    @tf.function(autograph=False)
    def step() -> Any:
        with tf.GradientTape() as tape:
            tape.watch(tensors)
            minimised, loss = cross_entropies(*tensors, tf.constant(targets), smoothing)
            scaled = factor * minimised
        alone = cross_entropies(*tensors, tf.constant(targets), smoothing, differentiates=False)
        tf.debugging.assert_equal(alone, (minimised, loss))
        return minimised, loss, *tape.gradient(scaled, tensors)

    minimised, loss, of_readouts, of_kernel, of_bias = (tensor.numpy() for tensor in step())
    return minimised, loss, of_readouts, of_kernel.T, of_bias

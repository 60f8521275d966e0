"""Layer normalisation: mean 0 and variance 1 over the last axis, then scale and bias."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from s2s_toolkit.arrays import NumpyNamespace
from s2s_toolkit.parts.norms import EPSILON, norm_weights, normalize
from s2s_toolkit.testing.requirements import require
from s2s_toolkit.weights import initial_weights

XP = NumpyNamespace()
FIRST = initial_weights(norm_weights(4), seed=1)


def test_values_computed_by_hand():
    """Mean 4, variance 5: the deviations are -3, -1, 1, 3."""
    weights = {"scale": np.array([1, 2, 1, 0], np.float32), "bias": np.array([0, 0, 10, 7], np.float32)}
    found = normalize(XP, weights, np.array([[1, 3, 5, 7]], np.float32))
    root = np.sqrt(5 + 1e-5)
    np.testing.assert_allclose(found, [[-3 / root, -2 / root, 10 + 1 / root, 7]], rtol=1e-6)
    assert found.dtype == np.float32


def test_equal_values_become_the_bias():
    np.testing.assert_array_equal(normalize(XP, FIRST | {"bias": np.arange(4.0)}, np.full((3, 4), 7.0)), [range(4)] * 3)


floats = st.floats(-10, 10, width=32)


@given(arrays.arrays(np.float32, st.tuples(st.integers(1, 3), st.integers(1, 5), st.just(4)), elements=floats))
def test_at_first_rows_have_mean_zero_and_a_variance_of_one_at_most(values):
    found = normalize(XP, FIRST, values)
    np.testing.assert_allclose(found.mean(axis=-1), 0, atol=1e-3)
    before = values.astype(np.float64).var(axis=-1)
    np.testing.assert_allclose(found.var(axis=-1), before / (before + EPSILON), atol=1e-3)


@pytest.mark.parametrize("framework", ["torch", "tensorflow"])
def test_the_frameworks_own_layer_is_the_same_down_to_epsilon(framework):
    """Values so close together that epsilon counts as much as their variance."""
    require(framework)
    rng = np.random.default_rng(1)
    values = rng.normal(0, 0.003, (3, 5, 7)).astype(np.float32)
    if framework == "torch":
        import torch

        from s2s_torch.norms import layer_norms

        found = layer_norms(7, 1)[0](torch.from_numpy(values)).detach().numpy()
    else:
        from s2s_tensorflow.norms import layer_norms

        found = layer_norms(1)[0](values).numpy()
    assert found.std() < 0.8
    np.testing.assert_allclose(found, normalize(XP, initial_weights(norm_weights(7), seed=1), values), atol=1e-5)

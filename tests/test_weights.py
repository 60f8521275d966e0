"""First weights: drawn from the seed and the name alone, with the spread that each kind calls for."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s2s_toolkit.weights import Weight, guess_weight, initial_weights, prefixed, under

DECLARED = {
    "a": Weight((3, 5)),
    "b": Weight((3, 5)),
    "c": Weight((5, 15), "orthogonal", blocks=3),
    "d": Weight((7, 3), "embedding"),
    "e": Weight((12,), "forget"),
    "f": Weight((7,), "zeros"),
    "g": Weight((5,), "ones"),
}


def draw(weight, seed=1):
    return initial_weights({"w": weight}, seed)["w"]


@given(st.permutations(list(DECLARED)), st.integers(1, len(DECLARED)))
@settings(max_examples=20, deadline=None)
def test_values_depend_neither_on_order_nor_on_what_else_is_drawn(names, count):
    everything = initial_weights(DECLARED, 1)
    some = initial_weights({name: DECLARED[name] for name in names[:count]}, 1)
    for name, values in some.items():
        np.testing.assert_array_equal(values, everything[name])


def test_arrays_of_one_shape_differ_by_name():
    drawn = initial_weights(DECLARED, 1)
    assert not np.any(drawn["a"] == drawn["b"])


def test_another_seed_draws_other_values():
    assert not np.any(draw(Weight((3, 5)), seed=1) == draw(Weight((3, 5)), seed=2))


@pytest.mark.parametrize("weight", DECLARED.values())
def test_arrays_are_float32_of_the_declared_shape(weight):
    assert draw(weight).shape == weight.shape
    assert draw(weight).dtype == np.float32


def test_first_weights_never_change():
    """A change here would change every model that a config and a seed give."""
    np.testing.assert_allclose(draw(Weight((2, 2))), [[-0.9433553, 0.8573425], [-0.1598069, -0.1824310]], rtol=1e-6)


@pytest.mark.parametrize("blocks", [1, 3, 4])
def test_each_orthogonal_block_is_orthogonal(blocks):
    kernel = draw(Weight((5, 5 * blocks), "orthogonal", blocks=blocks))
    for block in np.split(kernel, blocks, axis=1):
        np.testing.assert_allclose(block.T @ block, np.eye(5), atol=1e-6)


def test_orthogonal_blocks_differ():
    first, second = np.split(draw(Weight((5, 10), "orthogonal", blocks=2)), 2, axis=1)
    assert not np.any(first == second)


def test_tall_orthogonal_matrix_has_orthonormal_columns():
    matrix = draw(Weight((7, 3), "orthogonal"))
    np.testing.assert_allclose(matrix.T @ matrix, np.eye(3), atol=1e-6)


def test_wide_orthogonal_matrix_has_orthonormal_rows():
    matrix = draw(Weight((3, 7), "orthogonal"))
    np.testing.assert_allclose(matrix @ matrix.T, np.eye(3), atol=1e-6)


def test_orthogonal_matrices_turn_either_way():
    """Saxe et al. (2014) draw from all of them; the signs of QR must not favour one half."""
    determinants = [np.linalg.det(draw(Weight((3, 3), "orthogonal"), seed)) for seed in range(200)]
    assert 70 < np.sum(np.array(determinants) > 0) < 130


@pytest.mark.parametrize("blocks", [1, 3])
def test_glorot_values_fill_their_limits_block_by_block(blocks):
    values = draw(Weight((50, 70 * blocks), blocks=blocks))
    limit = math.sqrt(6 / (50 + 70))
    assert limit * 0.99 < np.abs(values).max() <= limit
    assert values.std() == pytest.approx(limit / math.sqrt(3), rel=0.05)


def test_glorot_vector_counts_as_a_column():
    limit = math.sqrt(6 / (500 + 1))
    assert limit * 0.98 < np.abs(draw(Weight((500,)))).max() <= limit


def test_forget_gate_starts_at_one_and_the_rest_at_zero():
    assert draw(Weight((12,), "forget")).tolist() == [0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0]


def test_embedding_is_normal_with_deviation_a_tenth():
    values = draw(Weight((100, 50), "embedding"))
    assert values.std() == pytest.approx(0.1, rel=0.05)
    assert abs(values.mean()) < 0.005
    assert np.mean(np.abs(values) < 0.1) == pytest.approx(0.6827, abs=0.02)


def test_zeros_are_zero():
    assert not draw(Weight((7,), "zeros")).any()


def test_ones_are_one():
    assert draw(Weight((3,), "ones")).tolist() == [1, 1, 1]


def test_undeclared_vector_is_a_bias_and_starts_at_zero():
    assert guess_weight("shift", (7,)) == Weight((7,), "zeros")


def test_undeclared_scale_of_a_normalising_layer_starts_at_one():
    for name in ("norm.weight", "norm.gamma", "scale"):
        assert guess_weight(name, (7,)) == Weight((7,), "ones")


def test_undeclared_matrix_starts_as_glorot():
    assert guess_weight("kernel", (3, 5)) == Weight((3, 5), "glorot")


def test_prefix_is_put_before_names_and_taken_away_again():
    assert prefixed({"kernel": 3}, "encoder") == {"encoder.kernel": 3}
    assert under({"encoder.kernel": 3, "decoder.kernel": 5}, "encoder") == {"kernel": 3}


def test_prefix_ends_at_a_dot():
    assert under({"layers.1.bias": 3, "layers.10.bias": 5}, "layers.1") == {"bias": 3}

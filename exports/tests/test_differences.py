"""How differences are measured and put together."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s2s_onnx.verification.differences import Difference, difference, merged

numbers = st.one_of(st.floats(-1e6, 1e6), st.sampled_from([np.nan, np.inf, -np.inf]))
pairs = st.lists(st.tuples(numbers, numbers), max_size=9)


def of(values: list[tuple[float, float]], first: int = 0) -> Difference:
    ours, theirs = np.array(values, np.float64).reshape(-1, 2).T
    return difference(ours, theirs, lambda number: f"place {first + number}")


def test_small_numbers_differ_absolutely_and_large_ones_relatively() -> None:
    found = difference(np.array([[0.1, 0.2], [30.0, -7.0]]), np.array([[0.1, 0.5], [20.0, -7.0]]), "row {}".format)
    assert found == Difference(4, 0.5, "row 1")
    found = difference(np.array([[0.1, 0.2], [22.0, -7.0]]), np.array([[0.1, 0.5], [20.0, -7.0]]), "row {}".format)
    assert (found.greatest, found.where) == (pytest.approx(0.3), "row 0")


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_no_number_differs_from_itself(value: float) -> None:
    found = of([(1.0, 2.0), (value, value), (5.0, 9.0)])
    assert not found.greatest <= 1e30
    assert found.where == "place 1"


def test_arrays_of_two_shapes_are_infinitely_far_apart() -> None:
    assert difference(np.zeros((3, 5)), np.zeros((3, 4)), "row {}".format) == Difference(12, np.inf, "row 0")
    assert difference(np.zeros((3, 5)), np.zeros((0, 5)), "row {}".format).greatest == np.inf


@given(pairs, pairs)
def test_of_two_together_is_of_all_at_once(some: list[tuple[float, float]], more: list[tuple[float, float]]) -> None:
    """Which of several equal differences is named is left out: the first one is, and NaN before all."""
    together, at_once = of(some) | of(more, len(some)), of([*some, *more])
    assert together.num_values == at_once.num_values
    assert together.where == at_once.where
    np.testing.assert_equal(together.greatest, at_once.greatest)


def test_what_only_one_knows_is_kept() -> None:
    one, other = {"a": Difference(3, 0.5, "x"), "b": Difference(1, 0.1, "y")}, {"b": Difference(2, 0.2, "z")}
    assert merged(one, other) == {"a": one["a"], "b": Difference(3, 0.2, "z")}

"""Random numbers from integer arithmetic: uniform, independent, and the same wherever they are computed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s2s_toolkit.arrays import NumpyNamespace
from s2s_toolkit.strategies.random import PRIME, ROUND_CONSTANTS, fingerprint, mix, uniform

XP = NumpyNamespace()
COUNT = 20_000
small = st.integers(0, PRIME - 1)


@pytest.fixture(scope="module")
def numbers():
    """One number for each of `COUNT` neighbouring counters."""
    return uniform(XP, np.full(COUNT, 7), np.arange(COUNT))


@given(st.lists(small, min_size=1, max_size=5))
@settings(max_examples=50, deadline=None)
def test_mix_equals_its_definition_in_exact_integers(inputs):
    state = 0
    for number, value in enumerate([*inputs, inputs[0]]):
        state = pow(state + value + ROUND_CONSTANTS[number % len(ROUND_CONSTANTS)], 5, 2**31 - 1)
    assert mix(*map(np.asarray, inputs)) == state


def test_hashes_never_change():
    """A change here would change what every seed samples."""
    hashes = mix(np.array([0, 1, 2, 3, 2**31 - 2]), np.array([0, 0, 0, 5, 7]))
    assert hashes.tolist() == [370108283, 1111855585, 2140984201, 909834895, 1802400775]


def test_numbers_never_change():
    drawn = uniform(XP, np.array([1, 1, 1, 2, 7]), np.array([0, 1, 2, 0, 2**31 - 2]), np.zeros(5, np.int64))
    assert (drawn.astype(np.float64) * 2**24).tolist() == [2439809, 6111449, 9705715, 11965763, 5902751]


@given(st.lists(small, min_size=1, max_size=4))
@settings(max_examples=50, deadline=None)
def test_numbers_are_odd_multiples_of_two_to_the_minus_24(inputs):
    """23 bits and a half: exact in float32, so that no framework can round them otherwise, and neither 0 nor 1."""
    number = uniform(XP, *map(np.asarray, inputs))
    scaled = int(float(number) * 2**24)
    assert scaled == float(number) * 2**24
    assert scaled % 2 == 1
    assert 0 < number < 1


def test_numbers_are_float32(numbers):
    assert numbers.dtype == np.float32


def test_numbers_are_uniform(numbers):
    counts = np.histogram(numbers, bins=16, range=(0, 1))[0]
    assert chi_square(counts, COUNT / 16) < 44.3  # exceeded by chance once in 10,000, 15 degrees of freedom


@pytest.mark.parametrize("distance", [1, 2, 3])
def test_neighbouring_counters_are_independent(numbers, distance):
    cells = np.histogram2d(numbers[:-distance], numbers[distance:], bins=5, range=[[0, 1], [0, 1]])[0]
    assert chi_square(cells, (COUNT - distance) / 25) < 57.0  # as above, 24 degrees of freedom


@pytest.mark.parametrize("place", range(4))
def test_every_input_counts(place):
    inputs = [np.full(COUNT, value) for value in (3, 5, 7, 11)]
    changed = [*inputs[:place], inputs[place] + 1 + np.arange(COUNT), *inputs[place + 1 :]]
    assert np.mean(mix(*inputs) == mix(*changed)) < 1e-3


def test_order_of_the_inputs_counts():
    a, b = np.arange(100), np.arange(1000, 1100)
    assert not np.any(mix(a, b) == mix(b, a))


def test_inputs_broadcast_together():
    rows, columns = np.arange(3)[:, None], np.arange(5)[None, :]
    assert mix(rows, columns).shape == (3, 5)
    assert mix(rows, columns)[2, 4] == mix(np.asarray(2), np.asarray(4))


@given(st.lists(st.integers(1, 10_000), min_size=1, max_size=11), st.integers(0, 5))
@settings(max_examples=50, deadline=None)
def test_fingerprint_ignores_padding(ids, padding):
    alone, padded = np.array([ids]), np.array([ids + [0] * padding])
    np.testing.assert_array_equal(fingerprint(XP, alone), fingerprint(XP, padded))


def test_fingerprint_is_one_number_below_the_prime_for_each_row():
    prints = fingerprint(XP, np.arange(1, 36).reshape(5, 7))
    assert prints.shape == (5, 1)
    assert np.all((prints >= 0) & (prints < PRIME))


def test_fingerprints_of_permuted_sources_differ():
    rows = np.array([[4, 5, 6, 3], [4, 6, 5, 3], [5, 4, 6, 3], [6, 5, 4, 3], [4, 5, 3, 0]])
    assert len(set(fingerprint(XP, rows)[:, 0].tolist())) == 5


def chi_square(counts, expected):
    return float(((counts - expected) ** 2 / expected).sum())

"""Comparing arrays so that a failure is one line: what differs, where, by how much."""

import numpy as np

TOLERANCE = 1e-5
"""How far two calculations of one thing may be apart: sums in another order."""


def assert_close(found: np.ndarray, expected: np.ndarray, claim: str, *, tolerance: float = TOLERANCE) -> None:
    """AssertionError where arrays differ in shape, or in a value by more than the tolerance and that share of it.

    Args:
        found: What the part gives.
        expected: What it has to give.
        claim: What has to hold; the message goes on with what does not.
        tolerance: Absolute and relative.
    """
    __tracebackhide__ = True
    found, expected = np.asarray(found), np.asarray(expected)
    if found.shape != expected.shape:
        raise AssertionError(f"{claim}: the shape is {found.shape}, expected {expected.shape}")
    excess = np.abs(found - expected) - tolerance * np.abs(expected)
    if excess.size and not excess.max() <= tolerance:  # so written, NaN is no agreement
        worst = np.unravel_index(np.argmax(excess), excess.shape)
        place = f" at [{', '.join(map(str, worst))}]" if worst else ""
        raise AssertionError(f"{claim}: found {found[worst]:.7g}{place}, expected {expected[worst]:.7g}")


def differ(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two arrays differ by more than rounding explains."""
    return bool(np.abs(one - other).max() > TOLERANCE)


def assert_typed(array: np.ndarray, shape: tuple[int, ...], dtype: type, what: str) -> None:
    """AssertionError where an array has not the shape and the type that it should."""
    __tracebackhide__ = True
    if (array.shape, array.dtype) != (shape, np.dtype(dtype)):
        found, wanted = f"{array.dtype} {array.shape}", f"{np.dtype(dtype)} {shape}"
        raise AssertionError(f"{what}: found {found}, expected {wanted}")

"""Rows that go on from others of their source."""

from s2s_toolkit.arrays import Array, Namespace


def inherited(xp: Namespace, rows: Array, parents: Array) -> Array:
    """What each new row takes over from its parent: rows (B, K) or (B, K, L), parents (B, K) -> shaped as rows."""
    if len(rows.shape) == len(parents.shape):
        return xp.take_along_axis(rows, parents, axis=1)
    places = xp.expand_dims(parents, axis=2) + xp.zeros_like(rows, dtype=xp.int64)  # gathering does not broadcast
    return xp.take_along_axis(rows, places, axis=1)

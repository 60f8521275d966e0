"""Basic indexing of a graph value: numbers, slices, None and one ellipsis."""

from operator import index as whole
from typing import Any

import numpy as np
from spox import Var

from s2s_onnx.graph.opset import op
from s2s_toolkit.errors import UnsupportedError

LIMITS = np.iinfo(np.int64)


def indexed(var: Var, rank: int, index: tuple[Any, ...]) -> Var:
    """What numpy gives for `var[index]`, the value having `rank` axes."""
    entries = _complete(rank, index)
    over_axes = [entry for entry in entries if entry is not None]
    var = _sliced(var, {axis: entry for axis, entry in enumerate(over_axes) if entry != slice(None)})
    for axis, entry in reversed(list(enumerate(over_axes))):
        if not isinstance(entry, slice):
            var = op.gather(var, op.const(np.asarray(entry)), axis=axis)
    kept = [entry for entry in entries if entry is None or isinstance(entry, slice)]
    added = [axis for axis, entry in enumerate(kept) if entry is None]
    return op.unsqueeze(var, op.const(added)) if added else var


def _complete(rank: int, index: tuple[Any, ...]) -> list[int | slice | None]:
    """The entries, with full slices for the ellipsis and for what is left out at the end."""
    entries: list[Any] = [entry if entry is Ellipsis else _checked(entry) for entry in index]
    ellipses = entries.count(Ellipsis)
    missing = rank - sum(entry is not None and entry is not Ellipsis for entry in entries)
    if missing < 0 or ellipses > 1:
        raise UnsupportedError(f"an array of {rank} axes can't be indexed with {index}")
    place = entries.index(Ellipsis) if ellipses else len(entries)
    return [*entries[:place], *[slice(None)] * missing, *entries[place + ellipses :]]


def _checked(entry: Any) -> Any:
    if entry is None or isinstance(entry, slice):
        return entry
    try:
        if not isinstance(entry, bool | np.bool_):
            return whole(entry)
    except TypeError:
        pass
    raise UnsupportedError(
        "a graph value is indexed with numbers, slices, None and an ellipsis; "
        f"for an array of indices or a mask use xp.take, xp.take_along_axis or xp.where; given {type(entry).__name__}"
    )


def _sliced(var: Var, slices: dict[int, Any]) -> Var:
    """Slices by axis, numbers left alone."""
    slices = {axis: entry for axis, entry in slices.items() if isinstance(entry, slice)}
    if not slices:
        return var
    steps = [1 if entry.step is None else whole(entry.step) for entry in slices.values()]
    starts, stops = [], []
    for entry, step in zip(slices.values(), steps, strict=True):
        start, stop = (0, LIMITS.max) if step > 0 else (LIMITS.max, LIMITS.min)
        starts.append(start if entry.start is None else whole(entry.start))
        stops.append(stop if entry.stop is None else whole(entry.stop))
    return op.slice(var, *(op.const(np.asarray(part, np.int64)) for part in (starts, stops, list(slices), steps)))

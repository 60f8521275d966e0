"""Text with tags behind it, cut in the graph: symbols up to the first tab, then tags, each with a tab before it."""

from collections.abc import Sequence

import numpy as np
from spox import Var

from s2s_onnx.graph.opset import op
from s2s_onnx.text.strings import integers, split, string
from s2s_toolkit.tokenizers import TAB


def split_tagged(text: Var, separators: Sequence[str], tag_separators: Sequence[str]) -> Var:
    """text (B,) -> symbols (B, S), none of them empty, and "" after the last, as `strings.split` does it."""
    untagged, behind = _at_first_tab(text)
    symbols, tags = split(untagged, separators), split(behind, tag_separators)
    marked = op.where(op.equal(tags, string("")), tags, op.string_concat(string(TAB), tags))
    return _to_the_left(op.concat([symbols, marked], axis=1))


def _at_first_tab(text: Var) -> tuple[Var, Var]:
    """What stands before the first tab, and behind it: (B,) each."""
    pieces, _ = op.string_split(text, delimiter=TAB, maxsplit=1)  # (B, 0 to 2)
    room = op.expand(string(""), op.concat([op.shape(text), integers(2)], axis=0))
    pieces = op.concat([pieces, room], axis=1)
    before, behind = (op.gather(pieces, op.const(column), axis=1) for column in (0, 1))
    return before, behind


def _to_the_left(symbols: Var) -> Var:
    """Move what is empty behind what is not; the rest stays in its order: (B, S) -> (B, at most S)."""
    is_empty = op.cast(op.equal(symbols, string("")), to=np.int64)
    _, order = op.top_k(is_empty, op.shape(is_empty, start=1), axis=1, largest=0)  # equal keys stay in their order
    lengths = op.reduce_sum(op.sub(op.const(1), is_empty), integers(1), keepdims=0)  # (B,)
    longest = op.reduce_max(op.concat([integers(0), lengths], axis=0), keepdims=1)
    return op.slice(op.gather_elements(symbols, order, axis=1), integers(0), longest, integers(1))

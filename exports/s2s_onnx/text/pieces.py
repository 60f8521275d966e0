"""Pieces of words as numbers: they are looked up and moved at a fraction of what strings cost."""

from collections.abc import Sequence

import spox.opset.ai.onnx.ml.v4 as ml
from spox import Var

NOTHING, OTHER, FIRST = 0, 1, 2
"""No piece, a character that is in no table, and the first piece of a table."""


def numbered(characters: Var, pieces: Sequence[str]) -> Var:
    """The number that each character has among pieces, of any shape; `NOTHING` for ""."""
    numbers = {piece: number for number, piece in enumerate(pieces, start=FIRST) if len(piece) == 1}
    known = {"": NOTHING, **numbers}
    return ml.label_encoder(
        characters, keys_strings=list(known), values_int64s=list(known.values()), default_int64=OTHER
    )

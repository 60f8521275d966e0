"""Normalisation in the graph, as `s2s_toolkit.normalization` does it under the Unicode of the Python that exports.

Unicode Standard, section 3.11: every code point is decomposed, which is a table (D66 to D68), marks are put in order
(D108, D109), and "nfc" and "nfkc" compose again (D114 to D117). Lower-casing goes into the table: it takes a decomposed
code point to a decomposed one of the same class, so it matters little when it is done.
"""

from typing import Final

import numpy as np
import spox.opset.ai.onnx.ml.v4 as ml
from spox import Var

from s2s_onnx.graph.opset import op
from s2s_onnx.text.composing import compose
from s2s_onnx.text.strings import CODE_POINTS, join, replace, split
from s2s_onnx.text.unicode_tables import changes, combining_classes
from s2s_toolkit.normalization import UNCHANGED, Form, Normalization

DECOMPOSED: Final[dict[Form, Form]] = {"": "", "nfc": "nfd", "nfd": "nfd", "nfkc": "nfkd", "nfkd": "nfkd"}
"""What a form is before anything is composed."""
CLASSES = 256
"""Combining classes are below this."""


def normalize(text: Var, normalization: Normalization) -> Var:
    """text (B,) -> text (B,)."""
    if normalization == UNCHANGED:
        return text
    table = changes(Normalization(DECOMPOSED[normalization.form], normalization.lowercase))
    text = join(replace(split(text, CODE_POINTS), table))
    if normalization.form == "":
        return text
    points, classes = _ordered(split(text, CODE_POINTS))
    return join(points) if normalization.form in ("nfd", "nfkd") else compose(points, classes)


def _ordered(points: Var) -> tuple[Var, Var]:
    """Put the marks behind each starter in the order of their classes: points (B, S), classes (B, S)."""
    table = combining_classes()
    classes = ml.label_encoder(points, keys_strings=list(table), values_int64s=list(table.values()), default_int64=0)
    starters = op.cumsum(op.cast(op.equal(classes, op.const(0)), to=np.int64), op.const(1))
    key = op.add(op.mul(starters, op.const(CLASSES)), classes)
    _, order = op.top_k(key, op.shape(key, start=1), axis=1, largest=0)  # equal keys stay in their order
    return op.gather_elements(points, order, axis=1), op.gather_elements(classes, order, axis=1)

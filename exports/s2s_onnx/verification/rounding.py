"""How far rounding alone may move a file from its model."""

from collections.abc import Sequence

import numpy as np

from s2s_onnx.verification.cases import Case
from s2s_onnx.verification.inside import Inside
from s2s_onnx.verification.teacher_forcing import compare_inside
from s2s_toolkit.batches import Batch
from s2s_toolkit.contracts import FrameworkModel
from s2s_toolkit.corpus import Pair
from s2s_toolkit.errors import UnknownComponentError
from s2s_toolkit.loading import build_model, plan_of
from s2s_toolkit.model import REFERENCE
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import Run

TOLERANCE = 1e-4
"""Of every `Difference` in single precision: what lies closer together is the same number, rounded two ways."""
TIMES_ROUNDING = 4
"""How many times as far as the framework a file may be from exact arithmetic: it adds up in another order."""


def limits(model: FrameworkModel, run: Run, registry: Registry, cases: Sequence[Case]) -> dict[str, float]:
    """How far each inner value may be apart: as far as the model is from itself in double precision, some times over.

    Large weights let rounding grow from step to step, in the file as in the framework.
    """
    try:
        exact = build_model(plan_of(run), registry, REFERENCE)
    except UnknownComponentError:  # parts that one framework alone has
        return {"logits": TOLERANCE}
    exact.load_weights({name: array.astype(np.float64) for name, array in model.weights().items()})

    def look(pairs: Sequence[Pair], batch: Batch) -> Inside:
        return Inside(model.encode(batch.source_ids, batch.source_lengths), *model.teacher_forced(batch))

    rounding = compare_inside(look, exact, run, cases, rows=1)
    return {name: max(TOLERANCE, TIMES_ROUNDING * found.greatest) for name, found in rounding.items()}

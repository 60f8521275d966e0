"""How far rounding alone may move a file from its model."""

from collections.abc import Sequence

import numpy as np

from s2s_onnx.verification.cases import Case
from s2s_onnx.verification.inside import Inside
from s2s_onnx.verification.teacher_forcing import compare_inside
from s2s_toolkit.batches import Batch
from s2s_toolkit.contracts import DecodingModel, FrameworkModel
from s2s_toolkit.corpus import Pair
from s2s_toolkit.ensemble import together
from s2s_toolkit.errors import UnknownComponentError
from s2s_toolkit.loading import build_model, plan_of
from s2s_toolkit.model import REFERENCE
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import Run, load_checkpoint

TOLERANCE = 1e-4
"""Of every `Difference` in single precision: what lies closer together is the same number, rounded two ways."""
TIMES_ROUNDING = 4
"""How many times as far as the framework a file may be from exact arithmetic: it adds up in another order."""


def limits(model: DecodingModel, runs: Sequence[Run], registry: Registry, cases: Sequence[Case]) -> dict[str, float]:
    """How far each inner value may be apart: as far as the model is from itself in double precision, some times over.

    Large weights let rounding grow from step to step, in the file as in the framework.
    """
    try:
        exact = together([_exact(run, registry) for run in runs])
    except UnknownComponentError:  # parts that one framework alone has
        return {"logits": TOLERANCE}

    def look(pairs: Sequence[Pair], batch: Batch) -> Inside:
        return Inside(model.encode(batch.source_ids, batch.source_lengths), *model.teacher_forced(batch))

    rounding = compare_inside(look, exact, runs[0], cases, rows=1)
    return {name: max(TOLERANCE, TIMES_ROUNDING * found.greatest) for name, found in rounding.items()}


def _exact(run: Run, registry: Registry) -> FrameworkModel:
    """A run's model in double precision."""
    model = build_model(plan_of(run), registry, REFERENCE)
    weights = load_checkpoint(run.weights_path()).weights
    model.load_weights({name: array.astype(np.float64) for name, array in weights.items()})
    return model

"""Is a smaller file good enough? Its metric on real data, beside that of the same file in 32 bits."""

import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from s2s_onnx.beside import size_with_beside
from s2s_onnx.choices import Gate
from s2s_onnx.sides import tokenizers_of
from s2s_onnx.translator import Translator
from s2s_toolkit.corpus import Pair, read_pairs
from s2s_toolkit.errors import S2SError
from s2s_toolkit.evaluation import Evaluation, evaluate
from s2s_toolkit.metrics import LOSS, Metric, load_metric
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import Run

FALLBACK = "ser"
"""The metric of a run whose best checkpoint was chosen by its loss, which a file can't tell."""


@dataclass(frozen=True)
class Comparison:
    """Two files on the same pairs.

    Attributes:
        metric: What was measured.
        unit: Its unit.
        pairs: On how many pairs.
        before: Of the file in 32 bits.
        after: Of the file to be written.
        bytes_before: Its size, with the weights beside it.
        bytes_after: Likewise.
        seconds_before: To translate the sources.
        seconds_after: Likewise.
        drop: By how much the metric is worse; negative if it is better.
    """

    metric: str
    unit: str
    pairs: int
    before: float
    after: float
    bytes_before: int
    bytes_after: int
    seconds_before: float
    seconds_after: float
    drop: float

    def as_dict(self) -> dict[str, Any]:
        """For the metadata: without the times, which differ from export to export."""
        return {name: value for name, value in asdict(self).items() if not name.startswith("seconds")}

    def __str__(self) -> str:
        size, speed = self.bytes_after / self.bytes_before, self.seconds_before / self.seconds_after
        return (
            f"{self.metric} {self.before:.2f} -> {self.after:.2f} {self.unit} on {self.pairs:,} pairs, "
            f"{size:.2f} of the size, {speed:.1f} times as fast"
        )


def chosen_for(gate: Gate, run: Run, registry: Registry) -> tuple[Metric, list[Pair]]:
    """What a gate measures, and on which pairs; UnknownComponentError or DataError, before any work is done."""
    chosen = run.config.training.metric
    metric: Metric = load_metric(gate.metric or (FALLBACK if chosen == LOSS else chosen), registry)
    return metric, list(read_pairs(gate.dev or run.config.data.dev, run.config.data.columns))


def compare(
    before: Path, after: Path, metric: Metric, pairs: Sequence[Pair], gate: Gate, registry: Registry
) -> Comparison:
    """Measure two files; S2SError if the second is worse than the gate allows."""

    def measured(path: Path) -> Evaluation:
        translator = Translator(
            path,
            max_source_length=sys.maxsize,  # evaluating takes every pair
            make_tokenizer=tokenizers_of(registry),
        )
        return evaluate(translator, pairs, [metric], registry)

    one, other = measured(before), measured(after)
    scores = one.scores[metric.name], other.scores[metric.name]
    drop = (scores[0] - scores[1]) * (1 if metric.higher_is_better else -1)
    sizes = size_with_beside(before), size_with_beside(after)
    found = Comparison(metric.name, metric.unit, one.pairs, *scores, *sizes, one.seconds, other.seconds, drop)
    if not drop <= gate.max_drop:
        raise S2SError(f"{found}: worse by {drop:.2f}, more than max_drop = {gate.max_drop:g}; nothing was written")
    return found

"""What a training to the end left, of one framework."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from s2s_toolkit.observers import Validation


@dataclass(frozen=True)
class Measured:
    """A training in a process of its own.

    Attributes:
        framework: What trained.
        run: The run directory.
        seconds: From the start of the process to its end.
        start_seconds: From the start of the process to the end of the first step.
        memory: The most memory that the process had, in bytes; 0 where that is not known.
        parameters: How many weights the model has.
        losses: Of each step, in nats per target token.
        validations: What the run has logged.
    """

    framework: str
    run: Path
    seconds: float
    start_seconds: float
    memory: int
    parameters: int
    losses: Sequence[float]
    validations: Sequence[Validation]

    @property
    def tokens_per_second(self) -> float:
        """Target tokens, the median of what the validations say: a framework's first steps prepare much."""
        return statistics.median(each.tokens_per_second for each in self.validations)


@dataclass(frozen=True)
class Exported:
    """A run as a file.

    Attributes:
        seconds: That the export took, verification and the start of its process included.
        size: Of the file, in bytes.
        graph: A digest of its graph without the weights; "" where its format can't tell.
    """

    seconds: float
    size: int
    graph: str


@dataclass(frozen=True)
class Trained:
    """A framework's run and what became of it.

    Attributes:
        measured: Its training.
        exported: The file; None where no exporter is installed.
        scores: Metric -> its value for the dev pairs, decoded as the config says.
        texts: The best translation of each dev pair.
    """

    measured: Measured
    exported: Exported | None
    scores: dict[str, float]
    texts: Sequence[str]


def same_graph(trained: Sequence[Trained]) -> bool | None:
    """Whether all files have one graph; None where that is not known."""
    graphs = [each.exported.graph if each.exported else "" for each in trained]
    return None if "" in graphs else len(set(graphs)) == 1

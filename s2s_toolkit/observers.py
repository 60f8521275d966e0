"""Who is told what happens in a training: the progress bar, a tracker of experiments, a test."""

from dataclasses import dataclass
from pathlib import Path

from s2s_toolkit.corpus import Corpus, Counts
from s2s_toolkit.run import Run


@dataclass(frozen=True)
class Start:
    """Data is read, the model is built, the run directory is there; training starts after `step` steps.

    Attributes:
        run: What is trained; `run.config` is its config, `run.path` its directory.
        train: How many training pairs there are, and how many were skipped.
        dev: The pairs to validate on.
        num_parameters: How many weights the model has.
        total_steps: Steps at the end of the last epoch, or `training.max_steps` if that is less.
        step: Steps taken before, 0 unless a run is resumed.
        steps_per_epoch: Steps in an epoch.
    """

    run: Run
    train: Counts
    dev: Corpus
    num_parameters: int
    total_steps: int
    step: int
    steps_per_epoch: int


@dataclass(frozen=True)
class BatchStep:
    """One step was taken, on a batch or on as many as `training.accumulate` says.

    Attributes:
        step: Steps taken, this one included.
        loss: Cross-entropy in nats, summed over their target tokens.
        tokens: How many those are.
        learning_rate: Of this step.
    """

    step: int
    loss: float
    tokens: int
    learning_rate: float


@dataclass(frozen=True)
class Validation:
    """A line of `metrics.jsonl`; losses in nats per target token, speed in target tokens per second."""

    epoch: int
    step: int
    train_loss: float
    dev_loss: float
    metric: str
    value: float
    best: bool
    learning_rate: float
    tokens_per_second: float
    seconds: float


@dataclass(frozen=True)
class Saved:
    """A checkpoint was written.

    Attributes:
        path: The file.
        step: Steps taken.
        best: Whether it is the best so far; else it is the one to go on from, or one that is kept beside them.
    """

    path: Path
    step: int
    best: bool


@dataclass(frozen=True)
class End:
    """Training went as far as it should.

    Attributes:
        run: What was trained.
        step: Steps taken.
        seconds: Spent on training in all, those before a resumption included.
        best_value: The best validation's, of `training.metric`.
        best_epoch: The epoch before that.
        reason: Why an observer wanted it to end; empty where none did.
    """

    run: Run
    step: int
    seconds: float
    best_value: float | None
    best_epoch: int
    reason: str = ""


class EndTraining(Exception):  # noqa: N818  (no error: it is what patience says, said by an observer)
    """Raised by an observer's `on_validation`: training is to end here, and the run to be as whole as any other.

    Everybody is told of the validation first, then of the end. Raised from elsewhere it is an observer's failure like
    any other: only after a validation does the run hold all that was learned.
    """


class Observer:
    """What a training tells; override what is of interest.

    Methods are called in the training's own process and thread: what they take, the training waits for.
    """

    def on_start(self, event: Start) -> None:
        """Before the first step."""

    def on_step(self, event: BatchStep) -> None:
        """After each step."""

    def on_validation(self, event: Validation) -> None:
        """After each validation, which follows an epoch or the last step; may raise `EndTraining`, with the reason."""

    def on_checkpoint(self, event: Saved) -> None:
        """After each checkpoint, which may be replaced or removed later."""

    def on_end(self, event: End) -> None:
        """After the last step, or when patience ended, or an observer's `EndTraining`."""

    def on_error(self, error: BaseException) -> None:
        """When training ends otherwise: an error or an interruption (KeyboardInterrupt)."""

    def on_warning(self, message: str) -> None:
        """When something went wrong that training survives."""

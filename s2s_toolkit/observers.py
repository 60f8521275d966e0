"""Who is told what happens in a training: the progress bar, a tracker of experiments, a test."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from s2s_toolkit.blame import blaming, named
from s2s_toolkit.corpus import Corpus
from s2s_toolkit.errors import PluginError, one_line
from s2s_toolkit.options import create_part
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import Run


@dataclass(frozen=True)
class Start:
    """Data is read, the model is built, the run directory is there; training starts after `step` steps.

    Attributes:
        run: What is trained; `run.config` is its config, `run.path` its directory.
        train: The training pairs.
        dev: The pairs to validate on.
        num_parameters: How many weights the model has.
        total_steps: Steps at the end of the last epoch.
        step: Steps taken before, 0 unless a run is resumed.
    """

    run: Run
    train: Corpus
    dev: Corpus
    num_parameters: int
    total_steps: int
    step: int


@dataclass(frozen=True)
class BatchStep:
    """One batch was trained on.

    Attributes:
        step: Steps taken, this one included.
        loss: Nats, summed over the batch's target tokens.
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
        best: Whether it is the best so far, or the one to go on from.
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
        best: The best validation's value, of `training.metric`.
        best_epoch: Epochs done then.
    """

    run: Run
    step: int
    seconds: float
    best: float | None
    best_epoch: int


class Observer:
    """What a training tells; override what is of interest.

    Methods are called in the training's own process and thread: what they take, the training waits for.
    """

    def on_start(self, event: Start) -> None:
        """Before the first step."""

    def on_step(self, event: BatchStep) -> None:
        """After each batch."""

    def on_validation(self, event: Validation) -> None:
        """After each validation, which follows an epoch."""

    def on_checkpoint(self, event: Saved) -> None:
        """After each checkpoint, which may be replaced later."""

    def on_end(self, event: End) -> None:
        """After the last epoch, or when patience ended."""

    def on_error(self, error: BaseException) -> None:
        """When training ends otherwise: an error or an interruption (KeyboardInterrupt)."""

    def on_warning(self, message: str) -> None:
        """When something went wrong that training survives."""


_METHODS = [name for name in vars(Observer) if name.startswith("on_")]


class Observers(Observer):
    """Several observers as one; one that fails is left out from then on, since training matters more.

    Args:
        first: Who is told first, of the others' failures too; it may not fail.
        others: The rest, by name.
    """

    def __init__(self, first: Observer, others: Mapping[str, Observer]) -> None:
        self.first, self.others = first, dict(others)

    def on_start(self, event: Start) -> None:
        self._tell("on_start", event)

    def on_step(self, event: BatchStep) -> None:
        self._tell("on_step", event)

    def on_validation(self, event: Validation) -> None:
        self._tell("on_validation", event)

    def on_checkpoint(self, event: Saved) -> None:
        self._tell("on_checkpoint", event)

    def on_end(self, event: End) -> None:
        self._tell("on_end", event)

    def on_error(self, error: BaseException) -> None:
        self._tell("on_error", error)

    def on_warning(self, message: str) -> None:
        self._tell("on_warning", message)

    def _tell(self, name: str, what: Any) -> None:
        getattr(self.first, name)(what)
        for observer in list(self.others):
            if observer not in self.others:  # another one failed meanwhile, and this one when it was told of that
                continue
            try:
                getattr(self.others[observer], name)(what)
            except Exception as error:  # whatever a third party's observer raises
                del self.others[observer]
                self.on_warning(f"observer {observer!r} is left out, its {name} failed: {one_line(error)}")


def make_observers(first: Observer, sections: Mapping[str, Mapping[str, Any]], registry: Registry) -> Observers:
    """The observers that a config's `[observers.NAME]` sections ask for, behind another one."""
    others = {}
    for name, options in sections.items():
        observer = registry.load("training observer", name)
        with blaming("training observer", registry.find_offer("training observer", name)):
            others[name] = create_part(observer, options=options, where=f"observers.{name}")
        if missing := [method for method in _METHODS if not callable(getattr(others[name], method, None))]:
            told = named("training observer", registry.find_offer("training observer", name))
            raise PluginError(f"{told} has no method `{missing[0]}`; let it inherit s2s_toolkit.observers.Observer")
    return Observers(first, others)

"""What a person sees of a training, on stderr: a bar on a terminal, a line for each validation everywhere."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from s2s_toolkit.corpus import Counts, Paths
from s2s_toolkit.metrics import LOSS
from s2s_toolkit.observers import BatchStep, End, Observer, Start, Validation

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

    from s2s_toolkit.evaluation import Watch

SMOOTHING = 0.98
"""How much of the loss shown is that of the steps before."""


class Lines(Observer):
    """An observer that writes lines."""

    def on_start(self, event: Start) -> None:
        """Say what is trained on, what was skipped, and how large the model is."""
        run = event.run
        data, sides = run.config.data, (run.source.vocabulary, run.target.vocabulary)
        self.write(f"train  {_pairs([corpus.files for corpus in data.corpora], event.train)}")
        self.write(f"dev    {_pairs([data.dev], event.dev.counts)}")
        sizes = "{:,} source and {:,} target symbols".format(*map(len, sides))
        self.write(f"model  {event.num_parameters:,} weights, {sizes}, in {run.config.framework}")
        if event.step:
            self.write(f"resumed after {event.step:,} of {event.total_steps:,} steps")

    def on_validation(self, event: Validation) -> None:
        """Say how far it is and whether this is the best so far."""
        self.write(describe(event))

    def on_end(self, event: End) -> None:
        """Say why, if an observer wanted it."""
        if event.reason:
            self.write(f"ended: {event.reason}")

    def on_warning(self, message: str) -> None:
        """Say it."""
        self.write(f"warning: {message}")

    def write(self, line: str) -> None:
        """Show a line."""
        click.echo(line, err=True)


class Bar(Lines):
    """Lines, and a bar below them: epoch, loss, target tokens per second, time left."""

    def __init__(self, console: "Console", progress: "Progress") -> None:
        self.console, self.progress = console, progress
        self.task = progress.add_task("", total=None, loss="", speed="")
        self.steps_per_epoch, self.last_epoch = 1, 1
        self.loss, self.tokens, self.since = 0.0, 0, time.perf_counter()

    def on_start(self, event: Start) -> None:
        super().on_start(event)
        self.last_epoch = event.run.config.training.max_epochs
        self.steps_per_epoch = event.steps_per_epoch
        self.progress.reset(
            self.task, total=event.total_steps, completed=event.step, description=self._epoch(event.step)
        )
        self.progress.start()
        self.since = time.perf_counter()

    def on_step(self, event: BatchStep) -> None:
        keep = SMOOTHING if self.loss else 0.0
        self.loss = keep * self.loss + (1 - keep) * event.loss / event.tokens
        self.tokens += event.tokens
        speed = self.tokens / (time.perf_counter() - self.since)
        self.progress.update(
            self.task,
            completed=event.step,
            description=self._epoch(event.step - 1),
            loss=f"loss {self.loss:.4f}",
            speed=f"{speed:,.0f} tokens/s",
        )

    def on_validation(self, event: Validation) -> None:
        super().on_validation(event)
        self.tokens, self.since = 0, time.perf_counter()  # validating takes time and trains on nothing

    def write(self, line: str) -> None:
        self.console.print(line, markup=False, highlight=False, soft_wrap=True)

    def _epoch(self, step: int) -> str:
        return f"epoch {min(step // self.steps_per_epoch + 1, self.last_epoch)}/{self.last_epoch}"


@contextmanager
def show_training() -> Iterator[Lines]:
    """An observer for one training on this process's stderr."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    if not console.is_interactive:
        yield Lines()
        return
    columns = [
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[loss]}"),
        TextColumn("{task.fields[speed]}"),
        TimeRemainingColumn(),
        TextColumn("left"),
    ]
    progress = Progress(*columns, console=console, transient=True)
    try:
        yield Bar(console, progress)  # which starts it: until then, others may write to stderr
    finally:
        progress.stop()


@contextmanager
def count_sources() -> Iterator["Watch"]:
    """A bar for translating many sources, on a terminal."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    if not console.is_interactive:
        yield lambda done, total: None
        return
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("translating", total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def describe(validation: Validation) -> str:
    """A validation in one line."""
    parts = [
        f"epoch {validation.epoch:3}",
        f"train loss {validation.train_loss:.4f}",
        f"dev loss {validation.dev_loss:.4f}",
    ]
    if validation.metric != LOSS:
        parts.append(f"dev {validation.metric} {validation.value:.2f}")
    parts += [f"{validation.tokens_per_second:,.0f} tokens/s", f"{validation.seconds:,.0f} s"]
    return "  ".join(parts + ["best"] * validation.best)


def near(path: Path) -> str:
    """A path as seen from the working directory, where it lies below it."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def _pairs(files: Sequence[Paths], counts: Counts) -> str:
    name = ", ".join(near(path) for paths in files for path in (paths if isinstance(paths, tuple) else (paths,)))
    drawn = f", {counts.drawn:,} in an epoch" if counts.drawn != counts.pairs else ""
    skipped = ", ".join(f"{count:,} {reason}" for reason, count in counts.skipped.items() if count)
    return f"{counts.pairs:,} pairs from {name}{drawn}" + (f"; skipped {skipped}" if skipped else "")

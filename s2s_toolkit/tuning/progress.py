"""What a person sees of a search, on stderr: a line for each trial, and a bar with the time left on a terminal."""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from s2s_toolkit.observers import BatchStep, Observer, Start

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

    from s2s_toolkit.tuning.search import TrialResult


class SearchLines(Observer):
    """Writes lines. It observes the trainings too, of which it tells little."""

    def on_search(self, done: int, total: int) -> None:
        """A search begins, or goes on after so many trials."""
        self.total, self.done, self.new, self.since = total, done, 0, time.perf_counter()
        if done:
            self.write(f"{done} of {total} trials were made before")

    def on_trial(self, number: int, values: Mapping[str, Any]) -> None:
        """A trial begins."""
        self.values = " ".join(f"{key}={shown_value(value)}" for key, value in values.items())

    def on_result(self, result: "TrialResult") -> None:
        """A trial is over: say how it ended."""
        self.done, self.new = self.done + 1, self.new + 1
        left = (time.perf_counter() - self.since) / self.new * (self.total - self.done)
        found = result.error if result.value is None else f"{result.value:.4f} after epoch {result.epochs}"
        line = f"trial {result.number:4}  {result.state}: {found}  {self.values}"
        self.write(f"{line}  about {left / 60:.1f} min left" if self.total > self.done else line)

    def on_warning(self, message: str) -> None:
        self.write(f"warning: {message}")

    def write(self, line: str) -> None:
        """Show a line."""
        click.echo(line, err=True)


class SearchBar(SearchLines):
    """Lines, and a bar of all trials below them, which moves with every step."""

    def __init__(self, console: "Console", progress: "Progress") -> None:
        self.console, self.progress = console, progress
        self.task = progress.add_task("trials", total=None)
        self.steps = 1

    def on_search(self, done: int, total: int) -> None:
        super().on_search(done, total)
        self.progress.update(self.task, total=total, completed=done)

    def on_start(self, event: Start) -> None:
        self.steps = max(1, event.total_steps)

    def on_step(self, event: BatchStep) -> None:
        self.progress.update(self.task, completed=self.done + event.step / self.steps)

    def on_result(self, result: "TrialResult") -> None:
        super().on_result(result)
        self.progress.update(self.task, completed=self.done)

    def write(self, line: str) -> None:
        self.console.print(line, markup=False, highlight=False, soft_wrap=True)


def shown_value(value: Any) -> str:
    """A value of a config, short."""
    if isinstance(value, float):
        return f"{value:.4g}"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@contextmanager
def show_search() -> Iterator[SearchLines]:
    """Progress of one search on this process's stderr."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    if not console.is_interactive:
        yield SearchLines()
        return
    columns = [TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn(), TextColumn("left")]
    with Progress(*columns, console=console, transient=True) as progress:
        yield SearchBar(console, progress)

"""How far a comparison is, on stderr: a bar with the time left on a terminal, a line now and then elsewhere."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from s2s_toolkit.commands.messages import tell, warn
from s2s_toolkit.observers import Validation
from s2s_toolkit.progress import describe
from s2s_toolkit.report.facts import duration

if TYPE_CHECKING:
    from rich.progress import Progress

QUIET = 20.0
"""Seconds between two lines where there is no terminal."""


class Watching:
    """Shows one stage after the other."""

    def __init__(self, progress: "Progress") -> None:
        self.progress = progress
        self.is_drawn = progress.console.is_interactive
        self.task = progress.add_task("", total=None, visible=False)
        self.name, self.total, self.since, self.said = "", 0, 0.0, 0.0

    def begin(self, name: str, total: int = 0) -> None:
        """A stage of so many steps; 0 for one that can't be counted."""
        self.name, self.total = name, total
        self.since = self.said = time.monotonic()
        self.progress.reset(self.task, total=total or None, description=name, visible=True)
        if not self.is_drawn:
            tell(name)

    def count(self, done: int) -> None:
        """So many of a stage's steps are taken."""
        self.progress.update(self.task, completed=done)
        now = time.monotonic()
        if not self.is_drawn and now - self.said > QUIET and 0 < done < self.total:
            left = (now - self.since) * (self.total - done) / done
            tell(f"{self.name}: {done:,} of {self.total:,} steps, about {duration(left)} left")
            self.said = now

    def done_of(self, done: int, total: int) -> None:
        """So many of so many."""
        self.progress.update(self.task, completed=done, total=total)

    def told_by(self, framework: str) -> Callable[[dict[str, Any]], None]:
        """Takes what a training in another process tells."""
        steps = 0
        self.begin(f"training {framework}")

        def told(line: dict[str, Any]) -> None:
            nonlocal steps
            match line["kind"]:
                case "start":
                    self.total = line["steps"]
                    self.progress.update(self.task, total=self.total)
                case "step":
                    steps += 1
                    self.count(steps)
                case "warning":
                    warn(f"{framework}: {line['message']}")
                case "validation":
                    values = {key: value for key, value in line.items() if key != "kind"}
                    tell(f"{framework}  {describe(Validation(**values))}")

        return told


@contextmanager
def watching() -> Iterator[Watching]:
    """For one comparison on this process's stderr."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = [TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn()]
    with Progress(*columns, console=console, transient=True, disable=not console.is_interactive) as progress:
        yield Watching(progress)

"""`s2s find-learning-rate`: a range test."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from pathlib import Path

import click

from s2s_toolkit.commands.changed_config import ChangedConfig, config_options
from s2s_toolkit.commands.decoding import FILE
from s2s_toolkit.commands.messages import tell
from s2s_toolkit.commands.tables import show_table
from s2s_toolkit.files import require_absent
from s2s_toolkit.observers import Observer
from s2s_toolkit.plotting import require_drawable
from s2s_toolkit.range_plot import save_range_test
from s2s_toolkit.registry import Registry
from s2s_toolkit.training.loop import prepared
from s2s_toolkit.training.range_test import RangeTest, find_learning_rate

RATE = click.FloatRange(min=0, min_open=True)
ROWS, WIDTH = 20, 40
"""Lines of the table at most, and signs of its longest bar."""


@click.command()
@config_options
@click.option("--lowest", type=RATE, default=1e-6, show_default=True, help="The rate of the first step.")
@click.option("--highest", type=RATE, default=1.0, show_default=True, help="The rate of the last step.")
@click.option("--steps", type=click.IntRange(min=10), default=100, show_default=True, help="How many steps.")
@click.option("-o", "--output", type=FILE, help="Draw the loss over the rate: a .png, .svg or .pdf file.")
@click.option("--force", is_flag=True, help="Replace the file.")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON object.")
@click.pass_obj
def command(
    registry: Registry,
    *,
    config: ChangedConfig,
    lowest: float,
    highest: float,
    steps: int,
    output: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    """Suggest a learning rate for a config.

    Trains a fresh model in memory for some steps, each at a higher rate, until the loss is four times its least. What
    it suggests is where the loss falls fastest. No run is written.
    """
    if lowest >= highest:
        raise click.UsageError(f"--lowest must be below --highest, given {lowest:g} and {highest:g}")
    checked = config.read(registry)
    if output:
        require_absent(output, force)
        require_drawable(output)
    training = prepared(checked, Path("unwritten"), registry, Observer())
    with closing(training), _count_steps(steps) as watch:
        test = find_learning_rate(training, lowest=lowest, highest=highest, steps=steps, watch=watch)
    if output:
        save_range_test(test, output)
    _show(test, as_json=as_json)


def _show(test: RangeTest, *, as_json: bool) -> None:
    if as_json:
        found = {"steepest": test.steepest, "tenth_of_least": test.tenth, "diverged": test.diverged}
        click.echo(json.dumps({**found, "points": [asdict(point) for point in test.points]}))
        return
    show_table(("learning rate", "loss", "smoothed", ""), _rows(test))
    end = "diverged there" if test.diverged else "did not diverge; a higher --highest shows where it does"
    tell(f"{len(test.points)} steps; the loss {end}")
    if test.steepest is None or test.tenth is None:
        click.echo("no suggestion: the loss never fell; try other --lowest and --highest, or more --steps")
    else:
        click.echo(f"steepest descent: {test.steepest:.2g}")
        click.echo(f"a tenth of the rate of the least loss: {test.tenth:.2g}")


def _rows(test: RangeTest) -> list[tuple[str, str, str, str]]:
    """Every few points, with a bar for the smoothed loss."""
    points = test.points[:: -(-len(test.points) // ROWS) or 1]
    longest = max((point.smoothed for point in points), default=1.0)
    return [
        (
            f"{point.learning_rate:.2e}",
            f"{point.loss:.4f}",
            f"{point.smoothed:.4f}",
            "█" * round(WIDTH * point.smoothed / longest),
        )
        for point in points
    ]


@contextmanager
def _count_steps(total: int) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_interactive) as progress:
        task = progress.add_task("raising the learning rate", total=total)
        yield lambda step: progress.update(task, completed=step)

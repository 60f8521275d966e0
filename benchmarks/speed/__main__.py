"""Measure ours beside the peers' own, in one run.

    python -m benchmarks.speed                       every row
    python -m benchmarks.speed train-words start     those of them

The sides of a row take turns, each time in a process of its own, and have to have done the same work. Prints the table,
and writes it with all that was measured into a folder.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from benchmarks.speed import growth
from benchmarks.speed.bench import Bench
from benchmarks.speed.machine import machine
from benchmarks.speed.row import Row
from benchmarks.speed.rows import NAMES
from benchmarks.speed.running import ROOT, Outcome, alternate, in_process
from benchmarks.speed.table import as_json, table

FOLDER = click.Path(path_type=Path, file_okay=False)


@click.command()
@click.argument("names", nargs=-1, metavar=f"[{'|'.join(NAMES)}]...", type=click.Choice(NAMES))
@click.option("--data", type=FOLDER, default=ROOT.parent / "shared/data", help="Where the corpora lie.")
@click.option("--cache", type=FOLDER, default=ROOT / ".bench", help="For prepared data and the peers' environments.")
@click.option(
    "-o", "--output", type=FOLDER, default=ROOT / ".bench/results", help="For speed.json, speed.md and growth.svg."
)
@click.option("--pairs", default=5, show_default=True, help="How often each side does the work.")
@click.option("--threads", type=int, help="Instead of those that a row has.")
@click.option("--quick", is_flag=True, help="Much less work: whether it runs, and a first idea. No result.")
def main(
    names: Sequence[str], *, data: Path, cache: Path, output: Path, pairs: int, threads: int | None, quick: bool
) -> None:
    """Print and write a table of NAMES, by default of every row."""
    about, outcomes = machine(), []
    cache.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=cache.absolute()) as files:
        bench = Bench(data, cache.absolute(), Path(files), "quick" if quick else "full")
        for row in chosen(names or NAMES, bench):
            row = replace(row, threads=threads or row.threads)
            outcomes.append(alternate(row, pairs=min(pairs, row.most_rounds or pairs), run=in_process(cache)))
            write(output, about, outcomes)  # so that what fails later costs nothing
    click.echo(told(outcomes))


def chosen(names: Sequence[str], bench: Bench) -> Iterator[Row]:
    """The rows of some names, each prepared when its turn comes."""
    for name in names:
        yield from import_module(f"benchmarks.speed.rows.{name.replace('-', '_')}").rows(bench)


def write(folder: Path, about: dict[str, object], outcomes: Sequence[Outcome]) -> None:
    """Write what was measured so far."""
    folder.mkdir(parents=True, exist_ok=True)
    content = {"machine": about, "rows": {outcome.row.name: as_json(outcome) for outcome in outcomes}}
    (folder / "speed.json").write_text(json.dumps(content, indent=1), encoding="utf-8")
    (folder / "speed.md").write_text(f"{told(outcomes)}\n", encoding="utf-8")
    growth.plot(outcomes, folder / "growth.svg")


def told(outcomes: Sequence[Outcome]) -> str:
    """The table, what each row's work is, and how time grows."""
    return "\n".join([table(outcomes), *growth.lines(outcomes)])


if __name__ == "__main__":
    main()

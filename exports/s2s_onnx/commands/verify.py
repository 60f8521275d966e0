"""`s2s verify`: compare an exported file with the run it was made from."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from s2s_toolkit.commands.decoding import FILE, Member, model_options, open_members
from s2s_toolkit.commands.messages import warn
from s2s_toolkit.commands.plugin_files import plugin_option
from s2s_toolkit.commands.tables import Row, show_table
from s2s_toolkit.corpus import Pair, read_pairs
from s2s_toolkit.errors import DataError
from s2s_toolkit.progress import count_sources
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import Run, open_run

if TYPE_CHECKING:
    from s2s_onnx.verification.report import Verification

COLUMNS = ("quantity", "compared", "difference", "where")


@click.command()
@click.argument("model", metavar="MODEL.onnx", type=FILE)
@click.argument("run", metavar="RUN", type=FILE)
@click.option("--data", type=FILE, metavar="PAIRS.tsv", help="Pairs to compare on; by default the run's dev pairs.")
@model_options("What computes the run; by default what trained it.")
@plugin_option
@click.pass_obj
def command(
    registry: Registry,
    model: Path,
    run: Path,
    *,
    data: Path | None,
    framework: str,
    checkpoint: str,
    ensemble: Sequence[Member],
) -> None:
    """Compare MODEL.onnx with the RUN it was exported from: inner values, and decoded text.

    The file says which checkpoint it holds, which is compared unless another is named. For a file of several models
    name the other runs with --ensemble, in the same order.

    Random pairs come beside those of the data. Where the two are not the same model, the exit code is 2.
    """
    opened, others = open_run(run, registry, checkpoint=checkpoint), open_members(ensemble, registry)
    report = verify_file(model, opened, registry, data=data, framework=framework, others=others)
    show_table(COLUMNS, list_results(report))
    report.require_agreement()


def verify_file(
    model: Path,
    run: Run,
    registry: Registry,
    *,
    data: Path | None = None,
    framework: str = "",
    others: Sequence[Run] = (),
) -> "Verification":
    """Compare an exported file with a run, or with several whose models it holds, on all pairs of the data."""
    from s2s_onnx.verification.verify import compare

    pairs = list(read_pairs(data, run.config.data.columns)) if data else _dev_pairs(run)
    with count_sources() as watch:
        return compare(model, run, registry, framework=framework, pairs=pairs, others=others, watch=watch)


def list_results(report: "Verification") -> list[Row]:
    """A row of `COLUMNS` for each quantity, and one for the text."""
    numbers = [
        (
            name.replace("_", " "),
            f"{found.num_values:,}",
            f"{found.greatest:.1e}",
            found.where if found.greatest else "",
        )
        for name, found in report.differences.items()
    ]
    others, ties = report.num_sources - report.num_same, report.num_ties
    differ = f"{others:,} differ" + (f", {ties:,} tied" if ties else "")
    return [*numbers, ("text", f"{report.num_sources:,}", differ if others else "0", report.first)]


def _dev_pairs(run: Run) -> list[Pair]:
    try:
        return list(read_pairs(run.config.data.dev, run.config.data.columns))
    except DataError as error:
        warn(f"compared on random pairs alone: {error}")
        return []

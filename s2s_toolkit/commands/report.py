"""`s2s report`: a run as one page."""

from pathlib import Path

import click

from s2s_toolkit.commands.decoding import (
    FILE,
    DecodingRequest,
    checkpoint_option,
    device_option,
    framework_option,
    gather,
    strategy_options,
)
from s2s_toolkit.commands.gathering import gathered
from s2s_toolkit.commands.messages import warn
from s2s_toolkit.commands.plugin_files import plugin_option
from s2s_toolkit.commands.scoring import usual_metrics
from s2s_toolkit.devices import CPU
from s2s_toolkit.errors import UnsupportedError
from s2s_toolkit.files import require_absent
from s2s_toolkit.font_remedies import lacking
from s2s_toolkit.metrics import LOSS, load_metric
from s2s_toolkit.progress import count_sources
from s2s_toolkit.registry import Registry
from s2s_toolkit.report.writing import Choices, write_report
from s2s_toolkit.run import open_run


@click.command()
@click.argument("run", type=FILE)
@click.argument("pairs", metavar="[PAIRS.tsv]", type=FILE, required=False)
@click.option("-o", "--output", type=FILE, metavar="FILE.html", help="The page; by default RUN/report.html.")
@click.option("--force", is_flag=True, help="Replace the file.")
@click.option(
    "--limit", type=click.IntRange(min=1), default=50, show_default=True, help="How many of the worst pairs are listed."
)
@click.option(
    "--examples", type=click.IntRange(min=0), default=8, show_default=True, help="How many of the rest are shown."
)
@framework_option("What computes it; by default what trained it.")
@device_option
@checkpoint_option
@strategy_options
@plugin_option
@gathered("decoding", gather)
@click.pass_obj
def command(
    registry: Registry,
    run: Path,
    pairs: Path | None,
    *,
    output: Path | None,
    force: bool,
    limit: int,
    examples: int,
    decoding: DecodingRequest,
) -> None:
    """Show a run as one page: curves, scores, what it gets wrong and where it looked.

    The page is on the run's own dev pairs, or on PAIRS.tsv. It needs no network and no other file.
    """
    if run.is_file():
        raise UnsupportedError(f"{run} is an exported file and tells nothing of its training; give the run")
    choices = Choices(
        pairs, limit, examples, decoding.framework, decoding.strategy, decoding.options, decoding.device or CPU
    )
    output = output or run / "report.html"
    require_absent(output, force)
    opened = open_run(run, registry, checkpoint=decoding.checkpoint)
    names = dict.fromkeys([*usual_metrics(opened.target), opened.config.training.metric])
    metrics = [load_metric(name, registry) for name in names if name != LOSS]
    with count_sources() as watch:
        content = write_report(opened, output, registry, metrics, choices, watch=watch)
    if content.missing:
        warn(f"{lacking(content.missing)}; who reads the page needs such a font")
    click.echo(f"{output}: {len(content.entries):,} pairs of {content.pairs}")

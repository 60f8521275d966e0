"""`s2s tune`: a search for better values of a config's keys."""

from collections.abc import Sequence
from pathlib import Path

import click

from s2s_toolkit.assignments import Assignment
from s2s_toolkit.commands.changed_config import ChangedConfig, config_options
from s2s_toolkit.commands.decoding import FILE
from s2s_toolkit.commands.messages import tell
from s2s_toolkit.commands.tables import show_table
from s2s_toolkit.config import Config
from s2s_toolkit.observers import Observer
from s2s_toolkit.registry import Registry
from s2s_toolkit.training.loop import prepared
from s2s_toolkit.tuning.place import Place
from s2s_toolkit.tuning.progress import show_search, shown_value
from s2s_toolkit.tuning.search import FINISHED, Search, TrialResult, require_optuna
from s2s_toolkit.tuning.space import check_space, parse_trying

SHOWN = 10
"""Trials in the table at most."""


@click.command()
@config_options
@click.option(
    "--try",
    "tried",
    multiple=True,
    required=True,
    metavar="SECTION.KEY=VALUES",
    help="What may be tried, as in model.dropout=0.1..0.5, training.learning_rate=1e-4..1e-2:log or "
    "attention.name=additive,general; may be repeated.",
)
@click.option("--trials", type=click.IntRange(min=1), default=20, show_default=True, help="How many, in all.")
@click.option("-o", "--output", metavar="FOLDER", type=FILE, help="The folder; by default runs/<config>-tune.")
@click.option("--resume", is_flag=True, help="Go on with a search that was interrupted, or that needs more trials.")
@click.option("--force", is_flag=True, help="Replace the search that is there.")
@click.pass_obj
def command(
    registry: Registry,
    *,
    config: ChangedConfig,
    tried: Sequence[str],
    trials: int,
    output: Path | None,
    resume: bool,
    force: bool,
) -> None:
    """Search for better values of a config's keys, by training.

    Each trial is a run in the folder; training.metric says which is best, and its config becomes best.toml. A trial
    that is worse than the median of those before it ends early. The seed draws what is tried as well.
    """
    if resume and force:
        raise click.UsageError("--resume goes on with a search and --force replaces it; give one of them")
    require_optuna()
    tryings = [parse_trying(text) for text in tried]

    def read(values: Sequence[Assignment]) -> Config:
        return config.read(registry, more=values)

    base = check_space(tryings, read, registry)
    place = Place(output or Path("runs") / f"{config.path.stem}-tune")
    place.check(base, tried, resume=resume, force=force)
    prepared(base, place.trial(0), registry, Observer())  # what every trial would be refused for
    if not resume:
        place.begin(base, tried)
    search = Search(place, tryings, read, registry=registry, base=base)
    try:
        with show_search() as progress:
            search.run(trials, progress)
    except KeyboardInterrupt:
        raise KeyboardInterrupt("--resume goes on with the search") from None
    _show(search.ranking(), place, base.training.metric)


def _show(ranking: Sequence[TrialResult], place: Place, metric: str) -> None:
    keys = list(ranking[0].values)
    rows = [
        (
            place.trial(result.number).name,
            "" if result.value is None else f"{result.value:.4f}",
            result.state,
            str(result.epochs),
            *(shown_value(result.values[key]) for key in keys),
        )
        for result in ranking[:SHOWN]
    ]
    show_table(("trial", metric, "state", "epochs", *keys), rows)
    if ranking[0].state != FINISHED:
        tell("no trial finished, so there is no best one; try lower learning rates, or other values")
    else:
        click.echo(f"best: {place.trial(ranking[0].number)}\nnext: s2s train {place.best}")

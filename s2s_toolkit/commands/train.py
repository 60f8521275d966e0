"""`s2s train`: a model from a config."""

import json
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import click

from s2s_toolkit.checkpoint_names import LAST, PREVIOUS
from s2s_toolkit.commands.changed_config import ChangedConfig, config_options
from s2s_toolkit.commands.decoding import FILE
from s2s_toolkit.commands.messages import tell, warn
from s2s_toolkit.complete_config import complete
from s2s_toolkit.config import Config, config_text
from s2s_toolkit.observers import Observer, Validation
from s2s_toolkit.origins import origins_of
from s2s_toolkit.progress import near, show_training
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import Run, check_place
from s2s_toolkit.signals import heard
from s2s_toolkit.training import train
from s2s_toolkit.training.interruption import Interrupted

RUNS = Path("runs")


@click.command()
@config_options
@click.option(
    "-o",
    "--output",
    metavar="RUN",
    type=FILE,
    help="The run directory; by default runs/<config>-<framework>, with -reverse behind it for --reverse.",
)
@click.option(
    "--observer", "watching", multiple=True, metavar="NAME", help="Tell a training observer too; may be repeated."
)
@click.option("--reverse", is_flag=True, help="Train the other direction: source and target change places.")
@click.option("--resume", is_flag=True, help="Go on from the run's last checkpoint, in either framework.")
@click.option("--previous", is_flag=True, help="With --resume: from the checkpoint before the last one.")
@click.option("--force", is_flag=True, help="Replace the run.")
@click.option("--skip-bad-batches", is_flag=True, help="Go on without a step whose gradient is not finite.")
@click.option("--print-config", is_flag=True, help="Print the config with all defaults and changes, and end.")
@click.option("--dry-run", is_flag=True, help="Write nothing: show data, model, memory, steps and time, and end.")
@click.pass_obj
def command(
    registry: Registry,
    *,
    config: ChangedConfig,
    output: Path | None,
    watching: Sequence[str],
    reverse: bool,
    resume: bool,
    previous: bool,
    force: bool,
    skip_bad_batches: bool,
    print_config: bool,
    dry_run: bool,
) -> None:
    """Train a model into a run directory.

    Ctrl-C or SIGTERM ends it after the step, with a checkpoint from which --resume goes on; a second one ends it at
    once, and then --resume goes on from the checkpoint before.
    """
    if resume and force:
        raise click.UsageError("--resume goes on with a run and --force replaces it; give one of them")
    if previous and not resume:
        raise click.UsageError("--previous says from which checkpoint --resume goes on; give both")
    if print_config and dry_run:
        raise click.UsageError("--print-config reads nothing and --dry-run everything; give one of them")
    more = [("data.reverse", True)] * reverse + [("training.skip_bad_batches", True)] * skip_bad_batches
    checked = config.read(registry, more=more, observers=watching)
    path = output or RUNS / f"{config.path.stem}-{checked.framework}{'-reverse' * reverse}"
    if print_config:
        _print_config(checked, registry)
    elif dry_run:
        _look_ahead(checked, path, registry, resume=resume, previous=previous, force=force)
    else:
        _train(checked, path, registry, resume=resume, previous=previous, force=force)


def _train(config: Config, path: Path, registry: Registry, *, resume: bool, previous: bool, force: bool) -> None:
    how = {"resume": resume, "previous": previous, "force": force}
    try:
        with show_training() as observer:
            run = train(config, path, registry, observer, **how, listening=heard)
    except Interrupted:
        raise
    except KeyboardInterrupt:
        if not (path / "checkpoints" / "last.safetensors").is_file():
            raise
        raise KeyboardInterrupt("--resume goes on from the last checkpoint") from None
    click.echo(_closing_words(run, _plugin_files(config, registry)))


def _print_config(config: Config, registry: Registry) -> None:
    completed, unknown = complete(config, registry)
    for section in unknown:
        warn(
            f"[{section}] has no defaults here: its part is native to {config.framework}, which is not imported for it"
        )
    click.echo(config_text(completed), nl=False)


def _look_ahead(config: Config, path: Path, registry: Registry, *, resume: bool, previous: bool, force: bool) -> None:
    from s2s_toolkit.commands.outlooks import show_outlook
    from s2s_toolkit.training.loop import prepared
    from s2s_toolkit.training.outlook import look_ahead

    if not resume:
        check_place(path, force=force)
    tell("reading the data and building the model")
    checkpoint = PREVIOUS if previous else LAST
    with closing(prepared(config, path, registry, Observer(), resume=resume, checkpoint=checkpoint)) as training:
        show_outlook(look_ahead(training, tell=tell))


def _plugin_files(config: Config, registry: Registry) -> list[str]:
    """The plugin files that a config's parts come from, as seen from the working directory."""
    names = dict.fromkeys(origin.plugin for origin in origins_of(config, registry) if origin.plugin.endswith(".py"))
    return [near(Path(str(sys.modules[Path(name).stem].__file__))) for name in names]


def _closing_words(run: Run, plugin_files: Sequence[str]) -> str:
    lines = run.metrics_path.read_text(encoding="utf-8").splitlines()
    validations = [Validation(**json.loads(line)) for line in lines]
    best = [f"epoch {v.epoch}, dev {v.metric} {v.value:.4f}" for v in validations if v.best]
    again = "".join(f" --plugin {file}" for file in plugin_files)
    return (
        f"best checkpoint: {run.checkpoint_path('best')} ({best[-1] if best else 'unknown'})\n"
        f"next: s2s translate {run.path}{again}, s2s export {run.path}{again}"
    )

"""`s2s compare`: one config in several frameworks."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from s2s_toolkit.commands.changed_config import ChangedConfig, change_options
from s2s_toolkit.commands.comparing import Watching, watching
from s2s_toolkit.commands.decoding import FILE
from s2s_toolkit.commands.export import FORMAT
from s2s_toolkit.commands.messages import warn
from s2s_toolkit.commands.tables import show_table
from s2s_toolkit.comparison.figures import IN_STEP, in_step_rows, trained_rows
from s2s_toolkit.comparison.frameworks import chosen_frameworks
from s2s_toolkit.comparison.in_step import InStep, prepare_sides, train_in_step
from s2s_toolkit.comparison.texts import different_texts
from s2s_toolkit.comparison.to_the_end import decode, export_apart, numbered_dev_pairs, train_apart, write_shared_config
from s2s_toolkit.comparison.trained import Trained
from s2s_toolkit.comparison.writing import PAGE, write_comparison
from s2s_toolkit.config import Config
from s2s_toolkit.files import require_absent
from s2s_toolkit.origins import origins_of
from s2s_toolkit.plotting import require_matplotlib
from s2s_toolkit.registry import Registry
from s2s_toolkit.report.page import require_templates
from s2s_toolkit.run import open_run

RUNS = Path("runs")
LIMIT = 50
"""How many of the texts that differ are shown."""


@click.command()
@change_options
@click.option(
    "--frameworks",
    "-f",
    multiple=True,
    metavar="NAME",
    help="What is compared, given once for each; by default every framework that is installed and trains.",
)
@click.option("-o", "--output", type=FILE, metavar="FOLDER", help="By default runs/<config>-compared.")
@click.option(
    "--steps", type=click.IntRange(min=1), default=100, show_default=True, help="How many are taken side by side."
)
@click.option(
    "--every",
    type=click.IntRange(min=1),
    default=5,
    show_default=True,
    help="Steps between two at which logits, gradients and weights are compared, and not the loss alone.",
)
@click.option("--no-training", is_flag=True, help="Only take the steps side by side; train nothing to the end.")
@click.option("--force", is_flag=True, help="Replace the folder's page and runs.")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON object.")
@click.pass_obj
def command(
    registry: Registry,
    *,
    config: ChangedConfig,
    frameworks: Sequence[str],
    output: Path | None,
    steps: int,
    every: int,
    no_training: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Train a config in several frameworks, and show what is the same and what is not.

    First they take some steps side by side, on the same batches and without dropout, and are compared as they go. Then
    each trains to the end in a process of its own. FOLDER gets compare.html, compare.png, compare.json, and a run of
    each framework.
    """
    checked = config.read(registry)
    folder = output or RUNS / f"{config.path.stem}-compared"
    require_templates()
    require_matplotlib()
    require_absent(folder, force)
    names = chosen_frameworks(frameworks, registry, first=checked.framework, warn=warn)
    with watching() as watch:
        in_step = _in_step(checked, names, registry, steps=steps, every=every, watch=watch)
        folder.mkdir(parents=True, exist_ok=True)
        told: dict[str, Any] = {}
        if not no_training:
            told = _to_the_end(checked, names, registry, folder, force=force, watch=watch)
    found = write_comparison(folder, checked, registry, name=config.path.stem, in_step=in_step, **told)
    _show(found, in_step, told.get("trained", ()), folder, as_json=as_json)


def _in_step(
    config: Config, frameworks: Sequence[str], registry: Registry, *, steps: int, every: int, watch: Watching
) -> InStep:
    watch.begin("preparing")
    sides = prepare_sides(config, frameworks, registry)
    watch.begin("in step", steps)
    return train_in_step(sides, steps=steps, every=every, watch=watch.count)


def _to_the_end(
    config: Config, frameworks: Sequence[str], registry: Registry, folder: Path, *, force: bool, watch: Watching
) -> dict[str, Any]:
    """What `write_comparison` is told of trainings to the end."""
    plugin_files = tuple(plugin_files_of(config, frameworks, registry))
    shared = write_shared_config(config, folder, plugin_files)
    trained: list[Trained] = []
    for framework in frameworks:
        measured = train_apart(shared, framework, folder / framework, force=force, watch=watch.told_by(framework))
        watch.begin(f"exporting {framework}")
        exported = export_apart(folder / framework, registry, FORMAT, plugin_files=plugin_files)
        watch.begin(f"decoding {framework}")
        trained.append(decode(measured, exported, registry, watch=watch.done_of))
    run = open_run(folder / frameworks[0], registry)
    different, count = different_texts(numbered_dev_pairs(run), trained, run.target, limit=LIMIT)
    return {"trained": trained, "different": different, "num_different": count}


def plugin_files_of(config: Config, frameworks: Sequence[str], registry: Registry) -> list[Path]:
    """The plugin files that a config's parts come from in any of the frameworks."""
    origins = [
        each for name in frameworks for each in origins_of(config.model_copy(update={"framework": name}), registry)
    ]
    names = dict.fromkeys(origin.plugin for origin in origins if origin.plugin.endswith(".py"))
    return [Path(str(sys.modules[Path(name).stem].__file__)) for name in names]


def _show(found: dict[str, Any], in_step: InStep, trained: Sequence[Trained], folder: Path, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    show_table(IN_STEP, in_step_rows(in_step))
    if trained:
        click.echo()
        show_table(("", *in_step.frameworks), trained_rows(trained))
        click.echo(f"\ndev pairs decoded differently: {found['decoded_differently']:,} of {len(trained[0].texts):,}")
    click.echo(f"\npage: {folder / PAGE}")

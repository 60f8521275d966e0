"""`s2s train`: a model from a config."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from s2s_toolkit.assignments import Assignment, overlay
from s2s_toolkit.commands.decoding import FILE, assignments, framework_option
from s2s_toolkit.commands.plugin_files import plugin_option
from s2s_toolkit.config import Config, load_toml, parse_config
from s2s_toolkit.observers import Validation
from s2s_toolkit.origins import origins_of
from s2s_toolkit.plugins import register_files
from s2s_toolkit.progress import near, show_training
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import Run
from s2s_toolkit.training import train

RUNS = Path("runs")
PARTS = ("encoder", "attention", "decoder")
"""Sections under `[model]` that `--set` knows without it."""


@click.command()
@click.argument("config", metavar="CONFIG.toml", type=FILE)
@click.option(
    "-o", "--output", metavar="RUN", type=FILE, help="The run directory; by default runs/<config>-<framework>."
)
@framework_option("What trains, instead of what the config says.")
@click.option("--seed", type=int, help="Instead of the config's.")
@click.option(
    "--set",
    "changes",
    multiple=True,
    metavar="SECTION.KEY=VALUE",
    callback=assignments,
    help="Change the config, as in training.batch_size=32 or attention.size=64; may be repeated.",
)
@click.option(
    "--observer", "watching", multiple=True, metavar="NAME", help="Tell a training observer too; may be repeated."
)
@plugin_option
@click.option("--resume", is_flag=True, help="Go on from the run's last checkpoint, in either framework.")
@click.option("--force", is_flag=True, help="Replace the run.")
@click.pass_obj
def command(
    registry: Registry,
    config: Path,
    *,
    output: Path | None,
    framework: str,
    seed: int | None,
    changes: Sequence[Assignment],
    watching: Sequence[str],
    resume: bool,
    force: bool,
) -> None:
    """Train a model into a run directory.

    It can be stopped at any time; --resume goes on from the last checkpoint, which each validation writes.
    """
    if resume and force:
        raise click.UsageError("--resume goes on with a run and --force replaces it; give one of them")
    wanted = [("framework", framework)] * bool(framework) + [("seed", seed)] * (seed is not None)
    checked = read_changed_config(config, [*changes, *wanted], watching)
    register_files(registry, checked.plugins.files)
    path = output or RUNS / f"{config.stem}-{checked.framework}"
    try:
        with show_training() as observer:
            run = train(checked, path, registry, observer, resume=resume, force=force)
    except KeyboardInterrupt:
        if not (path / "checkpoints" / "last.safetensors").is_file():
            raise
        raise KeyboardInterrupt("--resume goes on from the last checkpoint") from None
    click.echo(_closing_words(run, _plugin_files(checked, registry)))


def read_changed_config(path: Path, changes: Sequence[Assignment], observers: Sequence[str] = ()) -> Config:
    """Read a config and lay values over it, then check it; paths are relative to its folder either way.

    Args:
        path: The config.
        changes: Values by dotted key. The sections of the model's parts may go without their `model.`.
        observers: Training observers to name as well.
    """
    full = [(f"model.{name}" if name.partition(".")[0] in PARTS else name, value) for name, value in changes]
    content = overlay(load_toml(path), full)
    for observer in observers:
        content = overlay(content, [(f"observers.{observer}", content.get("observers", {}).get(observer, {}))])
    return parse_config(content, folder=path.parent, where=str(path))


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

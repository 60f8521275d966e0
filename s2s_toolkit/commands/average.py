"""`s2s average`: the mean of checkpoints as one more checkpoint."""

from pathlib import Path

import click

from s2s_toolkit.averaging import average
from s2s_toolkit.checkpoint_names import AVERAGED, FOLDER, SUFFIX
from s2s_toolkit.commands.decoding import FILE
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import expect_parts


@click.command()
@click.argument("run", metavar="RUN", type=FILE)
@click.argument("names", metavar="[CHECKPOINT]...", nargs=-1)
@click.option("-o", "--output", default=AVERAGED, show_default=True, metavar="NAME", help="What the new one is called.")
@click.option("--force", is_flag=True, help="Replace the checkpoint of that name.")
@click.pass_obj
def command(registry: Registry, run: Path, names: tuple[str, ...], *, output: str, force: bool) -> None:
    """Write the mean of checkpoints of a RUN as one more checkpoint.

    Each CHECKPOINT is a name such as last or epoch-0012; by default all those of epochs that training kept, as
    training.keep_best asks it to. Use the mean with --checkpoint averaged.
    """
    expect_parts(run, registry)  # which says so where it is no run directory
    averaged = average(run, names, output=output, force=force)
    click.echo(f"{run / FOLDER / output}{SUFFIX}: the mean of {', '.join(averaged)}")

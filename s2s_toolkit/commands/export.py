"""`s2s export`: a trained model as one verified file."""

from collections.abc import Sequence
from pathlib import Path

import click

from s2s_toolkit.assignments import Assignment
from s2s_toolkit.commands.decoding import FILE, DecodingRequest, decoding_options, gather
from s2s_toolkit.exporter import find_exporter
from s2s_toolkit.files import require_absent
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import open_run


@click.command()
@click.argument("run", metavar="RUN", type=FILE)
@click.option("--format", "format_name", default="onnx", show_default=True, metavar="NAME", help="The kind of file.")
@click.option("-o", "--output", type=FILE, help="The file; by default model.<format> in the run directory.")
@click.option("--force", is_flag=True, help="Replace the file.")
@decoding_options
@click.pass_obj
def command(
    registry: Registry,
    run: Path,
    *,
    format_name: str,
    output: Path | None,
    force: bool,
    framework: str,
    strategy: str,
    options: Sequence[Assignment],
    max_length: int | None,
) -> None:
    """Write a run's best model as one file that translates text by itself, and verify it.

    The file decodes by the config's strategy unless told otherwise. It is compared with the model in --framework, by
    default the one that trained it, before it gets its name.
    """
    decoding = gather(framework, strategy, options=options, max_length=max_length)
    path = output or run / f"model.{format_name}"
    report = export_run(run, path, registry, format_name=format_name, decoding=decoding, force=force)
    click.echo(f"{path}: {path.stat().st_size / 1e6:,.2f} MB; {report}")


def export_run(
    folder: Path, path: Path, registry: Registry, *, format_name: str, decoding: DecodingRequest, force: bool = False
) -> str:
    """Export a run directory; what the exporter says about its verification."""
    require_absent(path, force)
    run = open_run(folder, registry)
    return find_exporter(format_name, registry).export(
        run, path, registry, framework=decoding.framework, strategy=decoding.strategy, options=decoding.options
    )

"""`s2s export`: a trained model as one verified file."""

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import click

from s2s_toolkit.blame import blaming, named
from s2s_toolkit.commands.decoding import FILE, DecodingRequest, decoding_options, open_members
from s2s_toolkit.commands.part_options import click_options
from s2s_toolkit.commands.plugin_files import plugin_option
from s2s_toolkit.ensemble import require_alike
from s2s_toolkit.errors import PluginError, UnsupportedError
from s2s_toolkit.exporter import Exporter, find_exporter
from s2s_toolkit.files import require_absent
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import Run, open_run

FORMAT = "onnx"
"""The format that is written unless another is asked for."""


class ExportCommand(click.Command):
    """The command with the options of the format that is asked for, whose plugin brings them."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Find the format, and the plugins that may offer it, before anything else: other options depend on them."""
        parser = self.make_parser(ctx)
        parser.ignore_unknown_options = True
        given, _, _ = parser.parse_args(list(args))
        for parameter in self.params:
            if parameter.is_eager and parameter.name in given:
                parameter.process_value(ctx, given[parameter.name])
        ctx.meta[__name__] = self._format_options(ctx, given.get("format_name", FORMAT))
        return super().parse_args(ctx, args)

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """The command's own parameters, then those of the format."""
        own = super().get_params(ctx)
        return [*own[:-1], *ctx.meta.get(__name__, ()), *own[-1:]]  # --help stays last

    def _format_options(self, ctx: click.Context, name: str) -> list[click.Option]:
        registry = ctx.find_object(Registry)
        if registry is None or name not in registry.names("exporter"):
            return []  # the command itself says so
        with blaming("exporter", registry.find_offer("exporter", name)):
            return click_options(registry.load("exporter", name))


@click.command(cls=ExportCommand)
@click.argument("run", metavar="RUN", type=FILE)
@click.option("--format", "format_name", default=FORMAT, show_default=True, metavar="NAME", help="The kind of file.")
@click.option("-o", "--output", type=FILE, help="The file; by default model.<format> in the run directory.")
@click.option("--force", is_flag=True, help="Replace the file.")
@decoding_options
@plugin_option
@click.pass_obj
def command(
    registry: Registry,
    run: Path,
    *,
    format_name: str,
    output: Path | None,
    force: bool,
    decoding: DecodingRequest,
    **choices: Any,
) -> None:
    """Write a run's model as one file that translates text by itself, and verify it.

    The file decodes by the config's strategy unless told otherwise. It is compared with the model in --framework, by
    default the one that trained it, before it gets its name. With --ensemble it holds several models, which decode
    together.
    """
    path = output or run / f"model.{format_name}"
    given = {name: value for name, value in choices.items() if value is not None}
    report = export_run(run, path, registry, format_name=format_name, choices=given, decoding=decoding, force=force)
    click.echo(f"{path}: {_size(path) / 1e6:,.2f} MB; {report}")


def export_run(
    folder: Path,
    path: Path,
    registry: Registry,
    *,
    format_name: str,
    decoding: DecodingRequest,
    choices: Mapping[str, Any] | None = None,
    force: bool = False,
) -> str:
    """Export a run directory; what the exporter says about its verification."""
    exporter, offer = find_exporter(format_name, registry, choices or {}), registry.find_offer("exporter", format_name)
    require_absent(path, force)
    run = open_run(folder, registry, checkpoint=decoding.checkpoint)
    others = open_members(decoding.ensemble, registry)
    export = _export_of(exporter, run, others, format_name)
    with _whole_or_not_at_all(path), blaming("exporter", offer):
        report = export(
            path, registry, framework=decoding.framework, strategy=decoding.strategy, options=decoding.options
        )
        if not path.exists():
            raise PluginError(f"{named('exporter', offer)} ended without an error, and wrote no {path}")
    return report


def _export_of(exporter: Exporter, run: Run, others: Sequence[Run], format_name: str) -> Callable[..., str]:
    """What exports one run or several, which go together; UnsupportedError where the format can hold only one."""
    if not others:
        return lambda *arguments, **how: exporter.export(run, *arguments, **how)  # what is no method fails when called
    require_alike(run, others)
    export_ensemble = getattr(exporter, "export_ensemble", None)
    if not callable(export_ensemble):
        raise UnsupportedError(f"a file of the format {format_name!r} holds one model; leave out --ensemble")
    return partial(export_ensemble, [run, *others])


@contextmanager
def _whole_or_not_at_all(path: Path) -> Iterator[None]:
    """Remove what an exporter left that failed; what was there before is its own affair."""
    is_new = not path.exists()
    try:
        yield
    except BaseException:
        if is_new and path.is_dir():
            shutil.rmtree(path)
        elif is_new:
            path.unlink(missing_ok=True)
        raise


def _size(path: Path) -> int:
    """Bytes of a file, or of all files in a folder."""
    return sum(file.stat().st_size for file in path.rglob("*")) if path.is_dir() else path.stat().st_size

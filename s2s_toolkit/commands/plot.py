"""`s2s plot`: the attention of one translation, or the learning curves of a run, as a picture."""

from pathlib import Path

import click

from s2s_toolkit.commands.decoding import FILE, DecodingRequest, decoding_options, device_option
from s2s_toolkit.commands.plugin_files import plugin_option
from s2s_toolkit.errors import UnsupportedError
from s2s_toolkit.exporter import TextTranslator
from s2s_toolkit.files import require_absent
from s2s_toolkit.learning_curves import read_validations, save_curves
from s2s_toolkit.metrics import LOSS, load_metric
from s2s_toolkit.plotting import MissingGlyphs, require_drawable, save_attention
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import Run, open_run
from s2s_toolkit.translation import Translation


@click.command()
@click.argument("model", type=FILE)
@click.argument("text", required=False)
@click.option(
    *("-o", "--output"), type=FILE, help="A .png, .svg or .pdf file; by default attention.png, or curves.png."
)
@click.option("--force", is_flag=True, help="Replace the file.")
@click.option("--curves", is_flag=True, help="Draw how the training of a run went, and no TEXT.")
@click.option(
    "--missing-glyphs",
    type=click.Choice(["refuse", "code-points"]),
    default="refuse",
    show_default=True,
    help="What to do where no font has a character: draw nothing, or its number.",
)
@decoding_options
@device_option
@plugin_option
@click.pass_obj
def command(
    registry: Registry,
    model: Path,
    text: str | None,
    *,
    output: Path | None,
    force: bool,
    curves: bool,
    missing_glyphs: MissingGlyphs,
    decoding: DecodingRequest,
) -> None:
    """Translate TEXT and draw what the model attended to: target symbols down, source symbols across."""
    if curves == (text is not None):
        raise click.UsageError("give a TEXT to translate, or --curves")
    output = output or Path("curves.png" if curves else "attention.png")
    require_absent(output, force)
    require_drawable(output)
    if text is None:
        plot_curves(model, output, registry)
        click.echo(output)
        return
    translation = plot_text(decoding.open(model, registry), text, output, missing_glyphs=missing_glyphs)
    click.echo(f"{output}: {translation.text}")


def plot_text(
    translator: TextTranslator, text: str, path: Path, *, missing_glyphs: MissingGlyphs = "refuse"
) -> Translation:
    """Translate and draw."""
    translation = translator([text])[0]
    save_attention(translation, path, missing_glyphs=missing_glyphs)
    return translation


def plot_curves(path: Path, picture: Path, registry: Registry) -> None:
    """Draw the validations of a run directory."""
    if path.is_file():
        raise UnsupportedError(f"{path} is no run: an exported file tells nothing of its training; give the run")
    run = open_run(path, registry)
    save_curves(read_validations(run), picture, unit=unit_of(run, registry))


def unit_of(run: Run, registry: Registry) -> str:
    """The unit of what chose the run's best checkpoint."""
    name = run.config.training.metric
    return "nats per symbol" if name == LOSS else load_metric(name, registry).unit

"""`s2s plot`: the attention of one translation as a picture."""

from collections.abc import Sequence
from pathlib import Path

import click

from s2s_toolkit.assignments import Assignment
from s2s_toolkit.commands.decoding import FILE, Member, decoding_options, device_option, gather
from s2s_toolkit.commands.messages import warn
from s2s_toolkit.commands.plugin_files import plugin_option
from s2s_toolkit.exporter import TextTranslator
from s2s_toolkit.files import require_absent
from s2s_toolkit.plotting import require_drawable, save_attention
from s2s_toolkit.registry import Registry
from s2s_toolkit.translation import Translation


@click.command()
@click.argument("model", type=FILE)
@click.argument("text")
@click.option(
    "-o", "--output", type=FILE, default=Path("attention.png"), show_default=True, help="A .png, .svg or .pdf file."
)
@click.option("--force", is_flag=True, help="Replace the file.")
@decoding_options
@device_option
@plugin_option
@click.pass_obj
def command(
    registry: Registry,
    model: Path,
    text: str,
    *,
    output: Path,
    force: bool,
    framework: str,
    checkpoint: str,
    ensemble: Sequence[Member],
    strategy: str,
    options: Sequence[Assignment],
    max_length: int | None,
    device: str,
) -> None:
    """Translate TEXT and draw what the model attended to: target symbols down, source symbols across."""
    decoding = gather(
        framework,
        strategy,
        options=options,
        max_length=max_length,
        checkpoint=checkpoint,
        ensemble=ensemble,
        device=device,
    )
    require_absent(output, force)
    require_drawable(output)
    translation = plot_text(decoding.open(model, registry), text, output)
    click.echo(f"{output}: {translation.text}")


def plot_text(translator: TextTranslator, text: str, path: Path) -> Translation:
    """Translate and draw; symbols that no installed font has are warned of."""
    translation = translator([text])[0]
    missing = save_attention(translation, path)
    if missing:
        warn(f"no installed font has {' '.join(missing)}; install one that does, such as Noto Sans of that script")
    return translation

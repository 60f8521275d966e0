"""`s2s vocabulary`: what a training would learn of text, to be looked at or kept."""

from pathlib import Path

import click

from s2s_toolkit.commands.changed_config import ChangedConfig, change_options
from s2s_toolkit.commands.decoding import FILE
from s2s_toolkit.commands.tables import Row, show_table
from s2s_toolkit.registry import Registry
from s2s_toolkit.training.vocabularies import LearnedSide, learn_sides, require_no_vocabularies, save_sides

COLUMNS = ("side", "tokenizer", "symbols", "in train", "in dev", "unknown in dev")
FREQUENT = ("side", "symbol", "in train")


@click.command()
@change_options
@click.option("-o", "--output", metavar="FOLDER", type=FILE, help="Write tokenizers and vocabularies there.")
@click.option("--joint", is_flag=True, help="Learn one tokenizer from the texts of both sides.")
@click.option(
    "--top", type=click.IntRange(min=0), default=10, show_default=True, metavar="N", help="Show the N most frequent."
)
@click.option("--force", is_flag=True, help="Replace what is in the folder.")
@click.pass_obj
def command(
    registry: Registry,
    *,
    config: ChangedConfig,
    output: Path | None,
    joint: bool,
    top: int,
    force: bool,
) -> None:
    """Learn tokenizers and vocabularies from the training pairs of a config, and show them.

    A config uses what --output wrote by `vocabulary = "FOLDER"` in [source] and [target].
    """
    checked = config.read(registry)
    if output:
        require_no_vocabularies(output, force=force)
    learned = learn_sides(checked, registry, joint=joint)
    if output:
        save_sides(learned, output)
    show_table(COLUMNS, [_row(each) for each in learned])
    if top:
        click.echo()
        rows = [(e.name, symbol, f"{count:,}") for e in learned for symbol, count in e.most_frequent(top)]
        show_table(FREQUENT, rows)
    if output:
        click.echo(f'next: vocabulary = "{output}" in [source] and [target]', err=True)


def _row(learned: LearnedSide) -> Row:
    share = 100 * learned.dev_unknown / max(learned.dev_symbols, 1)
    return (
        learned.name,
        learned.config.tokenizer_part.name,
        f"{len(learned.side.vocabulary):,}",
        f"{learned.counts.total():,}",
        f"{learned.dev_symbols:,}",
        f"{share:.2f} %",
    )

"""How the outlook of a training is shown: `s2s train --dry-run`."""

from collections.abc import Iterable, Sequence

import click

from s2s_toolkit.commands.tables import Row, show_table
from s2s_toolkit.labels import shown
from s2s_toolkit.symbols import SPECIAL
from s2s_toolkit.training.memory import FORMULA, Memory
from s2s_toolkit.training.outlook import Lengths, Outlook


def show_outlook(outlook: Outlook) -> None:
    """Write all of it to stdout, table after table."""
    _section("data", ("pairs", "used", "skipped"), _pairs(outlook))
    _section("lengths in symbols", ("side", "median", "95 %", "longest"), _lengths(outlook))
    _section("symbols", ("side", "known", "unknown on dev", "most frequent"), _symbols(outlook))
    total = sum(outlook.parameters.values())
    counts = [*outlook.parameters.items(), ("all", total)]
    _section("parameters", ("part", "weights", "share"), [(n, f"{c:,}", f"{c / total:.1%}") for n, c in counts])
    _section("memory, estimated", ("what", "megabytes"), _memory(outlook.memory))
    click.echo(f"activations of the largest batch: {FORMULA}, for B, S, T = {outlook.batches.largest}\n")
    _section("steps", ("what", "number"), _steps(outlook))
    rows = [(_line(source), _line(target)) for source, target in outlook.batches.first]
    _section("first batch", ("source", "target"), rows)
    click.echo(f"time: about {_duration(outlook.seconds)} at most, without validations")


def _section(title: str, columns: Row, rows: Sequence[Row]) -> None:
    click.echo(title)
    show_table(columns, rows)
    click.echo()


def _pairs(outlook: Outlook) -> list[Row]:
    return [
        (name, f"{count:,}", ", ".join(f"{n:,} {reason}" for reason, n in outlook.skipped[name].items() if n) or "none")
        for name, count in outlook.pairs.items()
    ]


def _lengths(outlook: Outlook) -> list[Row]:
    def row(name: str, found: Lengths) -> Row:
        return name, f"{found.median:g}", f"{found.percentile_95:g}", str(found.longest)

    return [
        row(f"{corpus} {side}", found)
        for corpus in outlook.pairs
        for side, about in outlook.sides.items()
        for found in [about.train if corpus == "train" else about.dev]
    ]


def _symbols(outlook: Outlook) -> list[Row]:
    return [
        (side, f"{about.num_symbols:,}", f"{about.unknown:.2%}", _line(symbol for symbol, _ in about.frequent))
        for side, about in outlook.sides.items()
    ]


def _memory(memory: Memory) -> list[Row]:
    parts = {
        "weights": memory.weights,
        "gradients": memory.gradients,
        "optimizer": memory.optimizer,
        "activations": memory.activations,
        "all": memory.total,
    }
    return [(name, f"{size / 1e6:,.1f}") for name, size in parts.items()]


def _steps(outlook: Outlook) -> list[Row]:
    return [
        ("batches in an epoch", f"{outlook.batches.count:,}"),
        ("epochs at most", f"{outlook.epochs:,}"),
        ("steps at most", f"{outlook.steps:,}"),
        ("padding", f"{outlook.batches.padding:.1%}"),
    ]


def _line(symbols: Iterable[str]) -> str:
    return " ".join(symbol if symbol in SPECIAL else shown(symbol) for symbol in symbols)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min" if minutes >= 10 else f"{minutes} min {rest} s"

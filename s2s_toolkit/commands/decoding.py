"""The options that say how a model decodes, the same for every command that translates."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from s2s_toolkit.assignments import Assignment, parse_assignment
from s2s_toolkit.commands.gathering import gathered
from s2s_toolkit.exporter import TextTranslator
from s2s_toolkit.opening import open_translator
from s2s_toolkit.registry import Registry

if TYPE_CHECKING:
    from s2s_toolkit.run import Run

FILE = click.Path(path_type=Path)
"""A file or folder; whether it is there is the core's to say, in one line."""


class Member(NamedTuple):
    """A run directory, and which of its checkpoints serves; "" for the best."""

    path: Path
    checkpoint: str


@dataclass(frozen=True)
class DecodingRequest:
    """What the command line says about decoding; what is empty stays as the run or file has it.

    Attributes:
        framework: What computes.
        strategy: A decoding strategy.
        options: Its options, and `max_length`.
        device: What computes it.
        checkpoint: Which of a run's checkpoints serves.
        ensemble: Other runs that decode with it.
    """

    framework: str
    strategy: str
    options: dict[str, Any]
    device: str = ""
    checkpoint: str = ""
    ensemble: tuple[Member, ...] = ()

    def open(self, path: Path, registry: Registry, *, limited: bool = False) -> TextTranslator:
        """Open a run directory or an exported file; `limited` as `open_translator` has it."""
        return open_translator(
            path,
            registry,
            framework=self.framework,
            strategy=self.strategy,
            options=self.options,
            device=self.device,
            checkpoint=self.checkpoint,
            others=open_members(self.ensemble, registry),
            limited=limited,
        )


def assignments(ctx: click.Context, parameter: click.Parameter, texts: Sequence[str]) -> list[Assignment]:
    """A click callback: `name=value` texts -> pairs."""
    return [parse_assignment(text) for text in texts]


def members(ctx: click.Context, parameter: click.Parameter, texts: Sequence[str]) -> tuple[Member, ...]:
    """A click callback: `RUN` or `RUN:CHECKPOINT` texts -> members; what is a folder as it stands is no pair."""
    return tuple(_member(text) for text in texts)


def _member(text: str) -> Member:
    run, colon, checkpoint = text.rpartition(":")
    return Member(Path(run), checkpoint) if colon and not Path(text).is_dir() else Member(Path(text), "")


def open_members(ensemble: Sequence[Member], registry: Registry) -> "list[Run]":
    """The runs of an ensemble."""
    if not ensemble:
        return []
    from s2s_toolkit.run import open_run  # which an exported file needs nothing of

    return [open_run(member.path, registry, checkpoint=member.checkpoint) for member in ensemble]


def model_options(text: str) -> Callable[[Any], Any]:
    """`--framework`, which the text says something of, `--checkpoint` and `--ensemble`: what a run's model is."""

    def add(command: Callable[..., None]) -> Callable[..., None]:
        for option in (
            click.option(
                "--ensemble",
                multiple=True,
                metavar="RUN[:CHECKPOINT]",
                callback=members,
                help="Another run directory, whose model decodes with the first; may be repeated.",
            ),
            checkpoint_option,
            framework_option(text),
        ):
            command = option(command)
        return command

    return add


def framework_option(text: str) -> Callable[[Any], Any]:
    """`--framework`."""
    return click.option("--framework", default="", metavar="NAME", help=text)


def checkpoint_option(command: Callable[..., None]) -> Callable[..., None]:
    """`--checkpoint`."""
    return click.option(
        "--checkpoint",
        default="",
        metavar="NAME",
        help="Which of a run's checkpoints: best (the default), last, averaged, epoch-0012, …",
    )(command)


def decoding_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of `model_options` and of `strategy_options`, as `decoding`.

    A `--device` of the command's own is part of that.
    """
    command = strategy_options(gathered("decoding", gather)(command))
    return model_options("What computes a run directory; by default what trained it.")(command)


def strategy_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command `--strategy`, `--option` and `--max-length`."""
    for option in (
        click.option("--max-length", type=click.IntRange(min=1), metavar="N", help="Target symbols at most."),
        click.option(
            *("-O", "--option", "options"),
            multiple=True,
            metavar="NAME=VALUE",
            callback=assignments,
            help="An option of the strategy, such as beam_size=8; may be repeated.",
        ),
        click.option("--strategy", default="", metavar="NAME", help="How to decode: greedy, beam, sample, …"),
    ):
        command = option(command)
    return command


def device_option(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command that translates `--device`."""
    return click.option(
        "--device",
        default="",
        metavar="NAME",
        help="Where it is computed: cpu (the default), cuda, cuda:1, mps, or auto for an accelerator if there is one.",
    )(command)


def gather(
    framework: str,
    strategy: str,
    *,
    options: Sequence[Assignment],
    max_length: int | None,
    checkpoint: str = "",
    ensemble: Sequence[Member] = (),
    device: str = "",
) -> DecodingRequest:
    """The values of `decoding_options` and `device_option`, put together."""
    named = dict(options) | ({"max_length": max_length} if max_length else {})
    return DecodingRequest(framework, strategy, named, device, checkpoint, tuple(ensemble))

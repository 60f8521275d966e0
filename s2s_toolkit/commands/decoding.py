"""The options that say how a model decodes, the same for every command that translates."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from s2s_toolkit.assignments import Assignment, parse_assignment
from s2s_toolkit.exporter import AUTO, TextTranslator, open_translator
from s2s_toolkit.registry import Registry

FILE = click.Path(path_type=Path)
"""A file or folder; whether it is there is the core's to say, in one line."""


@dataclass(frozen=True)
class DecodingRequest:
    """What the command line says about decoding; what is empty stays as the run or file has it.

    Attributes:
        framework: What computes.
        strategy: A decoding strategy.
        options: Its options, and `max_length`.
        device: What an exported file is computed on.
    """

    framework: str
    strategy: str
    options: dict[str, Any]
    device: str = AUTO

    def open(self, path: Path, registry: Registry) -> TextTranslator:
        """Open a run directory or an exported file."""
        return open_translator(
            path,
            registry,
            framework=self.framework,
            strategy=self.strategy,
            options=self.options,
            device=self.device,
        )


def assignments(ctx: click.Context, parameter: click.Parameter, texts: Sequence[str]) -> list[Assignment]:
    """A click callback: `name=value` texts -> pairs."""
    return [parse_assignment(text) for text in texts]


def framework_option(text: str) -> Callable[[Any], Any]:
    """`--framework`."""
    return click.option("--framework", default="", metavar="NAME", help=text)


def decoding_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command `--framework`, `--strategy`, `--option` and `--max-length`; `gather` puts them together."""
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
        framework_option("What computes a run directory; by default what trained it."),
    ):
        command = option(command)
    return command


def device_option(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command that translates `--device`."""
    return click.option(
        "--device",
        type=click.Choice([AUTO, "cpu", "cuda"]),
        default=AUTO,
        show_default=True,
        help="What an exported file is computed on; auto is the CPU.",
    )(command)


def gather(
    framework: str, strategy: str, *, options: Sequence[Assignment], max_length: int | None, device: str = AUTO
) -> DecodingRequest:
    """The values of `decoding_options` and `device_option`."""
    named = dict(options) | ({"max_length": max_length} if max_length else {})
    return DecodingRequest(framework, strategy, named, device)

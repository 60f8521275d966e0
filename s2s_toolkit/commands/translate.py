"""`s2s translate`: a line of output for each line of input."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import BinaryIO

import click

from s2s_toolkit.commands.decoding import FILE, DecodingRequest, decoding_options, device_option
from s2s_toolkit.commands.lines import STANDARD_INPUT, file_chunks, stream_chunks, with_prefixes
from s2s_toolkit.commands.plugin_files import plugin_option
from s2s_toolkit.errors import ConfigError, DataError, TextError, UnsupportedError
from s2s_toolkit.files import atomic_path, require_absent
from s2s_toolkit.registry import Registry
from s2s_toolkit.symbols import EOS, SPECIAL
from s2s_toolkit.translation import Translation

STANDARD = Path("-")
_NO_LINE_ENDS = str.maketrans("\n\r", "  ")

Write = Callable[[int, str, Translation], str]
"""From the number of an input line, its text and its translation to what is written."""


@click.command()
@click.argument("model", type=FILE)
@click.argument("source", metavar="[INPUT]", type=FILE, default=STANDARD)
@click.option("-o", "--output", type=FILE, default=STANDARD, help="A file for the results, instead of standard output.")
@click.option("--force", is_flag=True, help="Replace the output file.")
@click.option("--prefix", default="", metavar="TEXT", help="What every target begins with.")
@click.option("--prefixes", type=FILE, help="A file with what the target of each line begins with.")
@click.option("--alignments", is_flag=True, help="Write after each text the pairs source-target of symbols, from 0-0.")
@click.option(
    "--json", "as_json", is_flag=True, help="Write a JSON object a line: text, score, symbols, attention, alternatives."
)
@decoding_options
@device_option
@plugin_option
@click.pass_obj
def command(
    registry: Registry,
    model: Path,
    source: Path,
    *,
    output: Path,
    force: bool,
    prefix: str,
    prefixes: Path | None,
    alignments: bool,
    as_json: bool,
    decoding: DecodingRequest,
) -> None:
    """Translate a file or standard input with a run directory or an exported file.

    Each line of INPUT (UTF-8) gives one line of output, in order. Where the strategy gives several results for a
    source, as with -O n_best=3, each has a line of its own: number of the input line, score, text, parted by tabs.

    With --alignments each line ends in a tab and pairs such as 0-0 2-1: source and target symbol, each target symbol
    with the source symbol that it attends to most. Pairs with the end of either are left out.
    """
    if prefix and prefixes:
        raise ConfigError(f"given both --prefix {prefix!r} and --prefixes {prefixes}; leave one out")
    if output != STANDARD:
        require_absent(output, force)
    translator = decoding.open(model, registry, limited=True)
    with _results(output) as stream:
        lines = stream_chunks(sys.stdin.buffer) if source == STANDARD else file_chunks(source)
        chunks = with_prefixes(lines, prefixes) if prefixes else _beginning_with(prefix, lines)
        write = json_line if as_json else partial(text_lines, text_of=aligned) if alignments else text_lines
        translate(translator, chunks, stream, write, where=STANDARD_INPUT if source == STANDARD else str(source))


def translate(
    translator: Callable[..., list[Translation]],
    chunks: Iterable[tuple[list[str], list[str]]],
    stream: BinaryIO,
    write: Write,
    where: str,
) -> None:
    """Translate chunks of sources and their prefixes, none or one for each; each is flushed before more is read.

    DataError at a line that can't be translated, which names it; what stands before it is written.
    """
    number = 0
    for sources, prefixes in chunks:
        translations, bad = _up_to_a_bad_one(translator, sources, prefixes)
        for source, translation in zip(sources, translations, strict=False):
            number += 1
            stream.write(f"{write(number, source, translation)}\n".encode())
        stream.flush()
        if bad:
            raise DataError(f"{where}, line {number + 1}: {bad.told}") from bad


def _up_to_a_bad_one(
    translator: Callable[..., list[Translation]], sources: list[str], prefixes: list[str]
) -> tuple[list[Translation], TextError | None]:
    """The translations of all sources, or of those before the first bad one and what is wrong with that."""
    try:
        return (translator(sources, prefixes) if prefixes else translator(sources)), None
    except TextError as error:
        found, earlier = _up_to_a_bad_one(translator, sources[: error.place], prefixes[: error.place])
        return found, earlier or error


def _beginning_with(prefix: str, chunks: Iterable[list[str]]) -> Iterator[tuple[list[str], list[str]]]:
    for chunk in chunks:
        yield chunk, [prefix] * len(chunk) if prefix else []


def on_one_line(translation: Translation) -> str:
    """The text, with spaces for line ends."""
    return translation.text.translate(_NO_LINE_ENDS)


def aligned(translation: Translation) -> str:
    """The text, a tab, and the alignment as pairs of symbols without their ends, in the format of Pharaoh."""
    if translation.alignment is None:
        raise UnsupportedError("this file gives no alignment; export it anew with all its outputs")
    source_end = len(translation.source_symbols) - 1
    placed = zip(translation.symbols, enumerate(translation.alignment), strict=True)
    pairs = [
        f"{source}-{target}" for symbol, (target, source) in placed if symbol != SPECIAL[EOS] and source != source_end
    ]
    return f"{on_one_line(translation)}\t{' '.join(pairs)}"


def text_lines(
    number: int, source: str, translation: Translation, text_of: Callable[[Translation], str] = on_one_line
) -> str:
    """A line for the text or, where there are alternatives, one with number, score and text for each result."""
    if not translation.alternatives:
        return text_of(translation)
    results = (translation, *translation.alternatives)
    return "\n".join(f"{number}\t{result.score:.6f}\t{text_of(result)}" for result in results)


def json_line(number: int, source: str, translation: Translation) -> str:
    """All about a translation, as a JSON object."""
    return json.dumps({"source": source, **translation.as_dict()}, ensure_ascii=False)


@contextmanager
def _results(path: Path) -> Iterator[BinaryIO]:
    """Standard output, or a file that appears when all is written."""
    if path == STANDARD:
        yield sys.stdout.buffer
        return
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        yield file

"""`s2s translate`: a line of output for each line of input."""

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import BinaryIO

import click

from s2s_toolkit.assignments import Assignment
from s2s_toolkit.commands.decoding import FILE, decoding_options, gather
from s2s_toolkit.commands.lines import file_chunks, stream_chunks
from s2s_toolkit.exporter import TextTranslator
from s2s_toolkit.files import atomic_path, require_absent
from s2s_toolkit.registry import Registry
from s2s_toolkit.translation import Translation

STANDARD = Path("-")
_NO_LINE_ENDS = str.maketrans("\n\r", "  ")


@click.command()
@click.argument("model", type=FILE)
@click.argument("source", metavar="[INPUT]", type=FILE, default=STANDARD)
@click.option("-o", "--output", type=FILE, default=STANDARD, help="A file for the results, instead of standard output.")
@click.option("--force", is_flag=True, help="Replace the output file.")
@click.option(
    "--json", "as_json", is_flag=True, help="Write a JSON object a line: text, score, symbols, attention, alternatives."
)
@decoding_options
@click.pass_obj
def command(
    registry: Registry,
    model: Path,
    source: Path,
    *,
    output: Path,
    force: bool,
    as_json: bool,
    framework: str,
    strategy: str,
    options: Sequence[Assignment],
    max_length: int | None,
) -> None:
    """Translate a file or standard input with a run directory or an exported file.

    Each line of INPUT (UTF-8) gives one line of output, in order. Where the strategy gives several results for a
    source, as with -O n_best=3, each has a line of its own: number of the input line, score, text, parted by tabs.
    """
    decoding = gather(framework, strategy, options=options, max_length=max_length)
    if output != STANDARD:
        require_absent(output, force)
    translator = decoding.open(model, registry)
    with _results(output) as stream:
        chunks = stream_chunks(sys.stdin.buffer) if source == STANDARD else file_chunks(source)
        translate(translator, chunks, stream, as_json=as_json)


def translate(
    translator: TextTranslator, chunks: Iterable[list[str]], stream: BinaryIO, *, as_json: bool = False
) -> None:
    """Translate chunks of lines; the results of each are flushed before the next is read."""
    numbers = count(1)
    for chunk in chunks:
        for source, translation in zip(chunk, translator(chunk), strict=True):
            number = next(numbers)
            line = _json_line(source, translation) if as_json else _text_lines(number, translation)
            stream.write(f"{line}\n".encode())
        stream.flush()


def _text_lines(number: int, translation: Translation) -> str:
    if not translation.alternatives:
        return _on_one_line(translation.text)
    results = (translation, *translation.alternatives)
    return "\n".join(f"{number}\t{result.score:.6f}\t{_on_one_line(result.text)}" for result in results)


def _on_one_line(text: str) -> str:
    return text.translate(_NO_LINE_ENDS)


def _json_line(source: str, translation: Translation) -> str:
    return json.dumps({"source": source, **translation.as_dict()}, ensure_ascii=False)


@contextmanager
def _results(path: Path) -> Iterator[BinaryIO]:
    """Standard output, or a file that appears when all is written."""
    if path == STANDARD:
        yield sys.stdout.buffer
        return
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        yield file

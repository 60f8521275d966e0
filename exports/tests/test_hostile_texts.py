"""Whatever the text: a translation for each, as the model would read it, or one error that says which line is none."""

import random
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from s2s_onnx.exporter import OnnxExporter
from s2s_onnx.translator import Translator
from s2s_toolkit.cli import cli
from s2s_toolkit.config_sections import PartConfig, TextConfig
from s2s_toolkit.errors import TextError
from s2s_toolkit.lines import LONGEST
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import Run
from s2s_toolkit.segmentation import MARK
from s2s_toolkit.testing.requirements import require
from s2s_toolkit.testing.untrained_runs import write_run
from s2s_toolkit.tokenizers import WHITESPACE

LIMIT = 200
"""Symbols of a source at most, of a run that says nothing else."""
BATCH = 100
SURROGATES = range(0xD800, 0xE000)
ANY = [point for point in range(0x110000) if point not in SURROGATES]
MARKS = "\u0300\u0301\u0323\u0344\u0345\u0f71\u0f72\u0f73\u3099\u302a\u1abe\u20dd\U0001d165\U0001e944"
RIGHT_TO_LEFT = "שלוםمرحبا\u202e\u202b\u200f\u2067\u2069\u061c"
INVISIBLE = "\x00\x01\x07\x08\x1b\x7f\x85\u00ad\u200b\u200d\u2060\ufeff\ufffe\uffff\ufffd\U000e0001\U0010ffff"
OURS = [
    MARK,
    "</s>",
    "<s>",
    "<pad>",
    "<unk>",
    "\t",
    ";",
    "\ufdfa",
    "ﬁ",
    "İ",
    "ǅ",
    "ẞ",
    "각",
    "\u1100\u1161",
    "ab",
    "low",
]
EMOJI = ["\U0001f469\u200d\U0001f4bb", "\U0001f1e9\U0001f1ea", "1\ufe0f\u20e3"]
ALPHABETS = [WHITESPACE, MARKS, RIGHT_TO_LEFT, INVISIBLE, OURS, EMOJI]

SOURCES = {
    "characters": TextConfig(tokenizer=PartConfig(name="characters")),
    "characters, nfd": TextConfig(tokenizer=PartConfig(name="characters"), normalization="nfd"),
    "words, nfkc": TextConfig(tokenizer=PartConfig(name="words"), normalization="nfkc", lowercase=True),
    "tagged": TextConfig(tokenizer=PartConfig(name="tagged")),
    "bpe": TextConfig(tokenizer=PartConfig(name="bpe", size=30)),
    "unigram, nfkd": TextConfig(tokenizer=PartConfig(name="unigram", size=30), normalization="nfkd"),
}


@pytest.fixture(scope="module", params=SOURCES)
def run(request: pytest.FixtureRequest, registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> Run:
    require("tokenizers")
    path = tmp_path_factory.mktemp("hostile") / "run"
    symbols = [*"abcdefgé", MARK, f"{MARK}low", "er", "\u0301"]
    return write_run(
        path, registry, source=SOURCES[request.param], source_symbols=symbols, lessons=["low lower lowest é"] * 3
    )


@pytest.fixture(scope="module")
def file(run: Run, registry: Registry) -> Path:
    path = run.path / "model.onnx"
    OnnxExporter().export(run, path, registry, framework="", strategy="", options={})
    return path


def hostile_text(rng: random.Random) -> str:
    """A text without line ends: nothing, one alphabet or several, any code points; now and then as long as may be."""
    length = rng.choice((0, 1, 2, 5, 20, 20, 60, LIMIT - 1, LIMIT))
    alphabets = rng.sample(ALPHABETS, rng.randint(1, 3))
    symbols = [rng.choice(rng.choice(alphabets)) if rng.random() < 0.8 else chr(rng.choice(ANY)) for _ in range(length)]
    return "".join(symbols).replace("\n", "")[:LIMIT]


@pytest.mark.long
def test_every_text_is_read_as_the_model_reads_it(file: Path, run: Run, scale: Callable[[int, int], int]) -> None:
    rng, translator = random.Random(1), Translator(file, num_threads=1, max_source_length=sys.maxsize)
    for _ in range(scale(2, 170)):
        texts = [hostile_text(rng) for _ in range(BATCH)]
        found = translator(texts, max_length=3)
        assert [each.source_symbols[:-1] for each in found] == [tuple(run.source.split(text)) for text in texts]


def hostile_line(rng: random.Random) -> bytes:
    """A line, seldom one that is none: no UTF-8, or too long."""
    text = hostile_text(rng)[: LIMIT // 4].encode()
    kind = rng.random()
    if kind < 0.005:
        return text + rng.choice((b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"\x80"))
    if kind < 0.01:
        return "".join(rng.choices(["a", "é ", "\u0301\u0323", " b"], k=400_000)).encode()
    return text + rng.choice((b"", b"", b"\r"))


@pytest.mark.long
def test_each_line_gives_a_line_up_to_one_that_is_named(
    file: Path, registry: Registry, scale: Callable[[int, int], int]
) -> None:
    rng, ends = random.Random(2), {0: 0, 2: 0}
    for _ in range(scale(5, 170)):
        lines = [hostile_line(rng) for _ in range(rng.choice((1, 9, 100)))]
        given = b"\n".join(lines) + rng.choice((b"", b"\n"))
        arguments = ["translate", str(file), "--max-length", "3"]
        done = CliRunner().invoke(cli, arguments, given, obj=registry)
        assert not done.exception or isinstance(done.exception, SystemExit), done.exception
        count, whole = done.stdout.count("\n"), given.removesuffix(b"\n").split(b"\n") if given else []
        if done.exit_code == 0:
            assert (count, done.stderr) == (len(whole), "")
        else:
            assert done.exit_code == 2
            (told,) = done.stderr.splitlines()
            assert told.startswith(f"s2s: standard input, line {count + 1}: ")
            assert is_bad(whole[count], file)
        ends[done.exit_code] += 1
    assert min(ends.values()) > 0


def is_bad(line: bytes, file: Path) -> bool:
    """Whether a line is none by itself."""
    try:
        Translator(file)([line.removesuffix(b"\r").decode()])
    except (UnicodeDecodeError, TextError):
        return True
    return False


def test_a_line_without_an_end_is_read_no_further_than_a_line_may_be_long(file: Path, registry: Registry) -> None:
    arguments = ["translate", str(file), "--max-length", "3"]
    done = CliRunner().invoke(cli, arguments, b"ab\n" + b"a" * (3 * LONGEST), obj=registry)
    assert (done.exit_code, done.stdout.count("\n")) == (2, 1)
    assert done.stderr == f"s2s: standard input, line 2: a line of more than {LONGEST:,} bytes is no text; split it\n"


def test_halves_of_surrogate_pairs_are_named(file: Path) -> None:
    for half in ("\ud800", "\udfff"):
        with pytest.raises(TextError, match=r"^text 2: source .* holds half of a surrogate pair, which is no text$"):
            Translator(file)(["ab", f"a{half}b"])

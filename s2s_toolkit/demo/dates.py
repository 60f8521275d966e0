"""The demo task: dates as people write them, in 36 languages, into ISO 8601 (`2026-11-22`)."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.util import find_spec
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

import numpy as np

from s2s_toolkit.errors import S2SError

# No Croatian: its "listopad" is October, the Polish and Czech one November, so all three would lose wordings.
LOCALES = (
    "en de nl fr es it pt ro sv da fi lv lt pl cs sk hu bg ru uk sr el tr he ar fa hi bn ta ka th vi id ja zh ko"
).split()
FIRST_DAY, NUM_DAYS = date(1900, 1, 1), 73_049  # to the end of 2099; a tenth is for dev, another for test
WORDINGS_HELD_OUT = 0.05  # of all wordings

_CLDR = ("full", "long", "medium", "yMMMd", "yMMMMd", "yMMMEd", "yMMMMEEEEd", "GyMMMd", "GyMMMEd", "yMd", "yMEd")
_ISO = ("y-MM-dd", "y/MM/dd", "y.MM.dd", "y MM dd", "yMMdd", "y-M-d")
_TYPED = ("d MMMM y", "d MMM y", "d-MMM-y", "EEEE d MMMM y", "E d MMM y", "d MMMM y, EEEE", "y MMM d")
_LOCAL = {
    "en": ("do 'of' MMMM y", "MMMM do, y", "'the' do 'of' MMMM, y", "EEEE do MMMM y", "do MMM y", "EEEE, MMM do, y"),
    "de": ("'den' d. MMMM y", "EEEE, 'den' d. MMMM y"),
    "fr": ("'le' d MMMM y", "'le' EEEE d MMMM y"),
    "zh": ("y年M月d号", "y年M月d号EEEE", "y 年 M 月 d 日"),
}
_NATIVE_ZERO = {"ar": "٠", "fa": "۰", "hi": "०", "bn": "০"}
_SLIPS = ((", ", " "), (". ", " "), (",", " ,"), (" ", "  "))
_INVISIBLE = str.maketrans({"\u202f": " ", "\xa0": " ", "\u200f": None})
_TOKEN = re.compile(r"'([^']+)'|(?P<field>do|(?P<letter>[yMLdEcG])(?P=letter)*)|.")

Pair = tuple[str, str]


class Wording(NamedTuple):
    """One way to write a date: a language (`""` for none) and a style, by its name in CLDR or its pattern."""

    locale: str
    style: str


@dataclass(frozen=True)
class DateCorpus:
    """Pairs of a written date and its ISO form; no day and no source text is in two of the splits.

    Every row of dev and test has a day that training has not. A quarter of them, repeated in `unseen["dev"]` and
    `unseen["test"]`, have a new wording too: one of `held_out`, which training never uses, though it does use their
    language, their style and their month and weekday words.
    """

    train: list[Pair]
    dev: list[Pair]
    test: list[Pair]
    unseen: dict[str, list[Pair]]
    held_out: frozenset[Wording]


class _Writer(NamedTuple):
    """A CLDR pattern in pieces: (field, its text for each value) and ("", fixed text)."""

    pieces: list[tuple[str, dict[int, str] | str]]

    def write(self, day: date) -> str:
        values = {"y": day.year, "M": day.month, "d": day.day, "E": day.weekday(), "G": 0}
        return "".join(text if isinstance(text, str) else text[values[field[0]]] for field, text in self.pieces)

    def months(self) -> dict[int, str]:
        return next(text for field, text in self.pieces if field[:1] == "M" and isinstance(text, dict))

    def is_clear(self, day: date) -> bool:
        """Tell whether month and day can't be confused: 3/4/2025 is April in one country and March in another."""
        order = "".join(field[0] for field, _ in self.pieces if field[:1] in ("y", "M", "d"))
        return day.day > 12 or day.day == day.month or order == "yMd" or not self.months()[1].isdigit()


def make_dates(*, seed: int, num_train: int, num_dev: int, num_test: int) -> DateCorpus:
    """Draw a corpus from CLDR; dev and test do not change with `num_train`. Needs Babel."""
    if find_spec("babel") is None:
        raise S2SError('the date demo needs Babel, which is not installed: pip install "s2s-toolkit[demo]"')
    writers = _writers()
    usual, new = _hold_out(writers, np.random.default_rng([seed, 0]))
    mixed = usual + new * (len(usual) // (3 * len(new)))  # a quarter is new
    days = np.split(np.random.default_rng([seed, 1]).permutation(NUM_DAYS), [NUM_DAYS // 10, NUM_DAYS // 5])
    plans = (("dev", num_dev, mixed), ("test", num_test, mixed), ("train", num_train, usual))
    rows: dict[str, list[tuple[Pair, Wording]]] = {}
    for number, (split, count, wordings) in enumerate(plans):
        drawn = _draw(writers, wordings, days=days[number], rng=np.random.default_rng([seed, 2, number]))
        rows[split] = list(islice(drawn, count))
    pairs = {split: [pair for pair, _ in drawn] for split, drawn in rows.items()}
    unseen = {split: [pair for pair, wording in rows[split] if wording in new] for split in ("dev", "test")}
    return DateCorpus(**pairs, unseen=unseen, held_out=frozenset(new))


def write_dates(folder: Path, *, seed: int, num_train: int, num_dev: int, num_test: int) -> DateCorpus:
    """Write train.tsv, dev.tsv and test.tsv, one line for a pair (source, tab, target), and return the corpus."""
    corpus = make_dates(seed=seed, num_train=num_train, num_dev=num_dev, num_test=num_test)
    folder.mkdir(parents=True, exist_ok=True)
    for split in ("train", "dev", "test"):
        lines = "".join(f"{source}\t{target}\n" for source, target in getattr(corpus, split))
        (folder / f"{split}.tsv").write_text(lines, encoding="utf-8", newline="\n")
    return corpus


def _writers() -> dict[Wording, _Writer]:
    """Prepare every wording whose month words mean one month in all the languages."""
    writers = {Wording("", pattern): _writer(pattern, "en") for pattern in _ISO}
    for locale in LOCALES:
        writers |= {Wording(locale, style): _writer(pattern, locale) for pattern, style in _styles(locale).items()}
    months = {(month, _plain(word)) for writer in writers.values() for month, word in writer.months().items()}
    meanings = Counter(word for _, word in months)
    return {w: x for w, x in writers.items() if all(meanings[_plain(word)] == 1 for word in x.months().values())}


def _styles(locale: str) -> dict[str, str]:
    """Collect the ways to write a date in a language: CLDR pattern -> style, each pattern once."""
    from babel import Locale

    known = {**Locale.parse(locale).datetime_skeletons, **Locale.parse(locale).date_formats}
    typed = {pattern: pattern for pattern in _LOCAL.get(locale, ()) + (() if locale in ("ja", "zh", "ko") else _TYPED)}
    return typed | {known[style].pattern: style for style in reversed(_CLDR) if style in known}


def _writer(pattern: str, locale: str) -> _Writer:
    pieces: list[tuple[str, dict[int, str] | str]] = []
    for token in _TOKEN.finditer(pattern.translate(_INVISIBLE)):
        field = (token["field"] or "").replace("L", "M").replace("c", "E")
        pieces.append((field, _texts(token["field"], locale) if field else token[1] or token[0]))
    return _Writer(pieces)


def _texts(field: str, locale: str) -> dict[int, str]:
    """Give the text of each value that a CLDR field can take; `do` is ours, an English ordinal."""
    from babel.dates import format_date

    if field == "do":
        ends = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd", 31: "st"}
        return {day: f"{day}{ends.get(day, 'th')}" for day in range(1, 32)}
    if field[0] in "yd":
        numbers = range(1900, 2100) if field[0] == "y" else range(1, 32)
        return {number: f"{number:0{len(field)}}" for number in numbers}
    if field[0] in "ML":
        return {month: format_date(date(2024, month, 1), field, locale) for month in range(1, 13)}
    # 1 January 2024 was a Monday, weekday 0; the era, always 0, is the same on any day.
    return {value: format_date(date(2024, 1, 1 + value), field, locale) for value in range(7)}


def _plain(text: str) -> str:
    """Reduce a text to what tells it from others: no case, no punctuation, spaces only between digits."""
    kept = (char if unicodedata.category(char)[0] in "LMN" else " " for char in text.casefold())
    return re.sub(r"(?<!\d) | (?!\d)", "", " ".join("".join(kept).split()))


def _hold_out(writers: dict[Wording, _Writer], rng: np.random.Generator) -> tuple[list[Wording], list[Wording]]:
    """Divide the wordings into usual ones and new ones, which no other wording equals."""
    texts = {w: {_plain(writer.write(date(2026, m, 22))) for m in range(1, 13)} for w, writer in writers.items()}
    uses = Counter(chain.from_iterable(texts.values()))
    unique = [wording for wording in writers if all(uses[text] == 1 for text in texts[wording])]
    usual, new = list(writers), list[Wording]()
    for number in rng.permutation(len(unique)):
        if len(new) < WORDINGS_HELD_OUT * len(writers) and _is_covered(unique[number], writers, usual):
            usual.remove(unique[number])
            new.append(unique[number])
    return usual, new


def _is_covered(wording: Wording, writers: dict[Wording, _Writer], usual: list[Wording]) -> bool:
    """Tell whether the other usual wordings teach its style, and its words in its language; and no order of numbers."""
    others = [other for other in usual if other != wording]
    fields = {field for other in others if other.locale == wording.locale for field, _ in writers[other].pieces}
    has_words = fields.issuperset(field for field, _ in writers[wording].pieces)
    return has_words and writers[wording].is_clear(date(2026, 1, 2)) and any(o.style == wording.style for o in others)


def _draw(
    writers: dict[Wording, _Writer], wordings: list[Wording], *, days: np.ndarray, rng: np.random.Generator
) -> Iterator[tuple[Pair, Wording]]:
    """Draw rows without end, none with a text that is not clear about its day."""
    while True:
        for number, pick, *whims in rng.random((1000, 5)).tolist():
            day = FIRST_DAY + timedelta(int(days[int(number * len(days))]))
            wording = wordings[int(pick * len(wordings))]
            if writers[wording].is_clear(day):
                source = _as_typed(writers[wording].write(day), wording.locale, whims)
                yield (source, day.isoformat()), wording


def _as_typed(text: str, locale: str, whims: list[float]) -> str:
    """Write a text as carelessly as people do; three in four stay as they are."""
    if locale in _NATIVE_ZERO and whims[0] < 0.5:
        text = text.translate({ord("0") + digit: ord(_NATIVE_ZERO[locale]) + digit for digit in range(10)})
    if whims[1] < 0.15:  # Georgian is never typed in capitals, though Unicode has them
        return text.upper() if whims[1] < 0.03 and locale != "ka" else text.lower()
    return text.replace(*_SLIPS[int(whims[2] * len(_SLIPS))]) if whims[1] < 0.25 else text

"""The demo task: dates as people write them, in forty languages, into ISO 8601 (`2026-11-22`)."""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.util import find_spec
from itertools import chain, islice
from pathlib import Path

import numpy as np

from s2s_toolkit.errors import S2SError

# No Croatian: its "listopad" is October, the Polish and Czech one November, so all three would lose wordings.
LOCALES = (
    *("en", "de", "nl", "fr", "es", "it", "pt", "ro", "sv", "da", "fi", "lv", "lt", "pl", "cs", "sk", "hu", "bg"),
    *("ru", "uk", "sr", "el", "tr", "he", "ar", "fa", "hi", "bn", "ta", "ka", "th", "vi", "id", "ja", "zh", "ko"),
)
FIRST_DAY, NUM_DAYS = date(1900, 1, 1), 73_049  # to the end of 2099
DAYS_HELD_OUT = 0.1  # of all days, for dev and for test each
WORDINGS_HELD_OUT = 0.05  # of all wordings
ROWS_HELD_OUT = 0.25  # of the dev and test rows: those in a held-out wording

_CLDR = ("full", "long", "medium", "yMMMd", "yMMMMd", "yMMMEd", "yMMMMEEEEd", "GyMMMd", "GyMMMEd", "yMd", "yMEd")
_ISO = ("y-MM-dd", "y/MM/dd", "y.MM.dd", "y MM dd", "yMMdd", "y-M-d")
_TYPED = ("d MMMM y", "d MMM y", "d-MMM-y", "EEEE d MMMM y", "E d MMM y", "d MMMM y, EEEE", "y MMM d")
_LOCAL = {
    "en": ("do 'of' MMMM y", "MMMM do, y", "'the' do 'of' MMMM, y", "EEEE do MMMM y", "do MMM y", "EEEE, MMM do, y"),
    "de": ("'den' d. MMMM y", "EEEE, 'den' d. MMMM y"),
    "fr": ("'le' d MMMM y", "'le' EEEE d MMMM y"),
    "es": ("d 'de' MMMM 'del' y", "EEEE d 'de' MMMM 'del' y"),
    "ru": ("d MMMM y 'года'", "EEEE, d MMMM y 'года'"),
    "ja": ("y年MM月dd日", "y年M月d日 EEEE", "y 年 M 月 d 日"),
    "zh": ("y年M月d号", "y年M月d号EEEE", "y 年 M 月 d 日"),
    "ko": ("y년M월d일", "y년 M월 d일 EEEE", "y년 MM월 dd일"),
}
_NATIVE_ZERO = {"ar": "٠", "fa": "۰", "hi": "०", "bn": "০"}
_SLIPS = ((", ", " "), (". ", " "), (",", " ,"), (" ", "  "))
_INVISIBLE = str.maketrans({"\u202f": " ", "\xa0": " ", "\u200f": None})
_TOKEN = re.compile(r"'([^']+)'|(?P<field>do|(?P<letter>[yMLdEcG])(?P=letter)*)|.")

Pair = tuple[str, str]


@dataclass(frozen=True, order=True)
class Wording:
    """One way to write a date: a language (`""` for none) and a style, by its name in CLDR or its pattern."""

    locale: str
    style: str


@dataclass(frozen=True)
class DateCorpus:
    """Pairs of a written date and its ISO form; no day and no source text is in two of the splits.

    `wordings` tells, row by row, how each split is written. Those in `held_out` are never used in training, though
    their language, their style and their month and weekday words are. So every row of dev and test has a new day,
    and `unseen` selects the rows whose wording is new too.
    """

    train: list[Pair]
    dev: list[Pair]
    test: list[Pair]
    wordings: dict[str, list[Wording]]
    held_out: frozenset[Wording]

    def unseen(self, split: str) -> list[Pair]:
        """Select the rows of `"dev"` or `"test"` whose day and wording both never occur in training."""
        rows = zip(getattr(self, split), self.wordings[split], strict=True)
        return [pair for pair, wording in rows if wording in self.held_out]


@dataclass(frozen=True)
class _Writer:
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
    held_out = _hold_out(writers, np.random.default_rng([seed, 0]))
    ordinary = _shares(writers.keys() - held_out, 1)
    mixed = _shares(writers.keys() - held_out, 1 - ROWS_HELD_OUT) | _shares(held_out, ROWS_HELD_OUT)
    size = int(DAYS_HELD_OUT * NUM_DAYS)
    days = np.split(np.random.default_rng([seed, 1]).permutation(NUM_DAYS), [size, 2 * size])
    sources: set[str] = set()
    counts = {"dev": num_dev, "test": num_test, "train": num_train}
    rows = {}
    for (split, count), pool in zip(counts.items(), days, strict=True):
        rng = np.random.default_rng([seed, 2, len(rows)])
        drawn = _draw(writers, ordinary if split == "train" else mixed, days=pool, sources=sources, rng=rng)
        rows[split] = list(islice(drawn, count))
    pairs = {split: [pair for pair, _ in drawn] for split, drawn in rows.items()}
    wordings = {split: [wording for _, wording in drawn] for split, drawn in rows.items()}
    return DateCorpus(**pairs, wordings=wordings, held_out=held_out)


def write_dates(folder: Path, *, seed: int, num_train: int, num_dev: int, num_test: int) -> DateCorpus:
    """Write train.tsv, dev.tsv and test.tsv, one line for a pair (source, tab, target), and return the corpus."""
    corpus = make_dates(seed=seed, num_train=num_train, num_dev=num_dev, num_test=num_test)
    folder.mkdir(parents=True, exist_ok=True)
    for split in corpus.wordings:
        lines = "".join(f"{source}\t{target}\n" for source, target in getattr(corpus, split))
        (folder / f"{split}.tsv").write_text(lines, encoding="utf-8", newline="\n")
    return corpus


def _writers() -> dict[Wording, _Writer]:
    """Prepare every wording whose month words mean one month in all the languages."""
    writers = {Wording("", pattern): _writer(pattern, "en") for pattern in _ISO}
    for locale in LOCALES:
        writers |= {Wording(locale, style): _writer(pattern, locale) for pattern, style in _styles(locale).items()}
    meanings: dict[str, set[int]] = defaultdict(set)
    for month, word in chain.from_iterable(writer.months().items() for writer in writers.values()):
        meanings[_plain(word)].add(month)
    unclear = {word for word, months in meanings.items() if len(months) > 1}
    return {w: writer for w, writer in writers.items() if unclear.isdisjoint(map(_plain, writer.months().values()))}


def _styles(locale: str) -> dict[str, str]:
    """Collect the ways to write a date in a language: CLDR pattern -> style, each pattern once."""
    from babel import Locale

    data = Locale.parse(locale)
    known = {**data.datetime_skeletons, **data.date_formats}
    typed = _LOCAL.get(locale, ()) if locale in ("ja", "zh", "ko") else _TYPED + _LOCAL.get(locale, ())
    found = {style: known[style].pattern for style in _CLDR if style in known} | {pattern: pattern for pattern in typed}
    return {pattern: style for style, pattern in reversed(found.items())}


def _writer(pattern: str, locale: str) -> _Writer:
    pieces: list[tuple[str, dict[int, str] | str]] = []
    for token in _TOKEN.finditer(pattern.translate(_INVISIBLE)):
        field = (token["field"] or "").replace("L", "M").replace("c", "E")
        pieces.append((field, _texts(token["field"], locale) if field else token[1] or token[0]))
    return _Writer(pieces)


def _texts(field: str, locale: str) -> dict[int, str]:
    """Give the text of each value that a CLDR field can take; `do` is ours, an English ordinal."""
    from babel.dates import format_date

    if field[0] == "y":
        return {year: str(year) for year in range(1900, 2100)}
    if field[0] == "d":
        ends = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd", 31: "st"}
        return {day: f"{day}{ends.get(day, 'th')}" if field == "do" else f"{day:0{len(field)}}" for day in range(1, 32)}
    if field[0] in "ML":
        return {month: format_date(date(2024, month, 1), field, locale) for month in range(1, 13)}
    # 1 January 2024 was a Monday, weekday 0; the era, always 0, is the same on any day.
    return {value: format_date(date(2024, 1, 1 + value), field, locale) for value in range(7)}


def _plain(text: str) -> str:
    """Reduce a text to what tells it from others: no case, no punctuation, spaces only between digits."""
    kept = (char if unicodedata.category(char)[0] in "LMN" else " " for char in text.casefold())
    return re.sub(r"(?<!\d) | (?!\d)", "", " ".join("".join(kept).split()))


def _hold_out(writers: dict[Wording, _Writer], rng: np.random.Generator) -> frozenset[Wording]:
    """Choose wordings like no other, whose language, style and words the others still use."""
    texts = {
        wording: [_plain(writer.write(date(2026, m, 22))) for m in range(1, 13)] for wording, writer in writers.items()
    }
    uses = Counter(chain.from_iterable(texts.values()))
    unique = (wording for wording in writers if all(uses[text] == 1 for text in texts[wording]))
    candidates = [wording for wording in unique if writers[wording].is_clear(date(2026, 1, 2))]
    others = dict(writers)
    for number in rng.permutation(len(candidates)):
        writer = others.pop(candidates[number])
        if not _is_covered(candidates[number], writer, others):
            others[candidates[number]] = writer
        if len(others) <= (1 - WORDINGS_HELD_OUT) * len(writers):
            break
    return frozenset(writers.keys() - others.keys())


def _is_covered(wording: Wording, writer: _Writer, others: dict[Wording, _Writer]) -> bool:
    kin = {field for other, kept in others.items() if other.locale == wording.locale for field, _ in kept.pieces}
    return kin.issuperset(field for field, _ in writer.pieces) and any(o.style == wording.style for o in others)


def _shares(wordings: Collection[Wording], total: float) -> dict[Wording, float]:
    """Share out `total` evenly over the languages, and in each over its wordings."""
    counts = Counter(wording.locale for wording in wordings)
    return {wording: total / len(counts) / counts[wording.locale] for wording in sorted(wordings)}


def _draw(
    writers: dict[Wording, _Writer],
    shares: dict[Wording, float],
    *,
    days: np.ndarray,
    sources: set[str],
    rng: np.random.Generator,
) -> Iterator[tuple[Pair, Wording]]:
    """Draw rows without end, each clear about its day and with a source not in `sources` yet, and add it there."""
    wordings, chances = list(shares), list(shares.values())
    while True:
        numbers, picks, whims = (
            rng.choice(days, 1000),
            rng.choice(len(wordings), 1000, p=chances),
            rng.random((1000, 2)),
        )
        for number, pick, whim in zip(numbers.tolist(), picks.tolist(), whims.tolist(), strict=True):
            day, wording = FIRST_DAY + timedelta(number), wordings[pick]
            source = _as_typed(writers[wording].write(day), wording.locale, whim)
            if source not in sources and writers[wording].is_clear(day):
                sources.add(source)
                yield (source, day.isoformat()), wording


def _as_typed(text: str, locale: str, whim: list[float]) -> str:
    """Write a text as carelessly as people do; three in four stay as they are."""
    if locale in _NATIVE_ZERO and whim[0] < 0.5:
        text = text.translate({ord("0") + digit: ord(_NATIVE_ZERO[locale]) + digit for digit in range(10)})
    if whim[1] < 0.15:  # Georgian is never typed in capitals, though Unicode has them
        return text.upper() if whim[1] < 0.03 and locale != "ka" else text.lower()
    old, new = _SLIPS[int(whim[1] * 1000) % len(_SLIPS)]
    return text.replace(old, new) if whim[1] < 0.25 else text

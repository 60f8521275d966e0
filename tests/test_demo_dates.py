"""The date demo: what it draws is reproducible, unambiguous, and tested on days and wordings that training lacks."""

import re
import sys
from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path

import pytest

pytest.importorskip("babel")

from babel import Locale

from s2s_toolkit.demo import dates
from s2s_toolkit.demo.dates import DateCorpus, Wording, make_dates, write_dates
from s2s_toolkit.errors import S2SError

SUNDAY = date(2026, 11, 22)
SPLITS = ("train", "dev", "test")


@pytest.fixture(scope="module")
def corpus() -> DateCorpus:
    return make_dates(seed=3, num_train=20_000, num_dev=1_000, num_test=1_000)


@pytest.fixture(scope="module")
def writers() -> dict:
    return dates._writers()


def days_of(pairs: list[tuple[str, str]]) -> set[str]:
    return {target for _, target in pairs}


def sources_of(pairs: list[tuple[str, str]]) -> set[str]:
    return {source for source, _ in pairs}


def test_one_seed_gives_one_corpus() -> None:
    sizes = {"num_train": 300, "num_dev": 50, "num_test": 50}
    assert make_dates(seed=5, **sizes) == make_dates(seed=5, **sizes)


def test_another_seed_gives_other_rows_days_and_wordings(corpus: DateCorpus) -> None:
    other = make_dates(seed=4, num_train=300, num_dev=50, num_test=50)
    assert other.train != corpus.train[:300]
    assert other.test != corpus.test[:50]
    assert other.held_out != corpus.held_out


def test_dev_and_test_do_not_change_with_the_amount_of_training(corpus: DateCorpus) -> None:
    small = make_dates(seed=3, num_train=11, num_dev=1_000, num_test=1_000)
    assert (small.dev, small.test, small.unseen) == (corpus.dev, corpus.test, corpus.unseen)
    assert small.train == corpus.train[:11]


def test_splits_have_the_sizes_asked_for(corpus: DateCorpus) -> None:
    assert [len(getattr(corpus, split)) for split in SPLITS] == [20_000, 1_000, 1_000]


@pytest.mark.parametrize("of", [days_of, sources_of])
@pytest.mark.parametrize(("one", "other"), [("train", "dev"), ("train", "test"), ("dev", "test")])
def test_splits_share_no_day_and_no_source(corpus: DateCorpus, of, one: str, other: str) -> None:
    assert of(getattr(corpus, one)).isdisjoint(of(getattr(corpus, other)))


@pytest.mark.parametrize("split", SPLITS)
def test_targets_are_iso_dates_of_two_centuries(corpus: DateCorpus, split: str) -> None:
    for _, target in getattr(corpus, split):
        assert date.fromisoformat(target).isoformat() == target
        assert 1900 <= int(target[:4]) <= 2099


def test_the_days_reach_from_1900_to_2099() -> None:
    last = dates.FIRST_DAY + timedelta(dates.NUM_DAYS - 1)
    assert (dates.FIRST_DAY.isoformat(), last.isoformat()) == ("1900-01-01", "2099-12-31")


@pytest.mark.parametrize(
    ("locale", "style", "text"),
    [
        ("", "y-MM-dd", "2026-11-22"),
        ("", "yMMdd", "20261122"),
        ("en", "full", "Sunday, November 22, 2026"),
        ("en", "do 'of' MMMM y", "22nd of November 2026"),
        ("en", "MMMM do, y", "November 22nd, 2026"),
        ("en", "d-MMM-y", "22-Nov-2026"),
        ("de", "full", "Sonntag, 22. November 2026"),
        ("de", "EEEE, 'den' d. MMMM y", "Sonntag, den 22. November 2026"),
        ("fr", "long", "22 novembre 2026"),
        ("es", "long", "22 de noviembre de 2026"),
        ("fi", "full", "sunnuntai 22. marraskuuta 2026"),
        ("pl", "long", "22 listopada 2026"),
        ("hu", "full", "2026. november 22., vasárnap"),
        ("ru", "long", "22 ноября 2026 г."),
        ("el", "full", "Κυριακή 22 Νοεμβρίου 2026"),
        ("tr", "full", "22 Kasım 2026 Pazar"),
        ("he", "long", "22 בנובמבר 2026"),
        ("ar", "long", "22 نوفمبر 2026"),
        ("hi", "full", "रविवार, 22 नवंबर 2026"),
        ("th", "medium", "22 พ.ย. 2026"),
        ("vi", "long", "22 tháng 11, 2026"),
        ("ja", "full", "2026年11月22日日曜日"),
        ("zh", "y年M月d号", "2026年11月22号"),
        ("ko", "full", "2026년 11월 22일 일요일"),
    ],
)
def test_a_day_is_written_as_people_there_write_it(writers: dict, locale: str, style: str, text: str) -> None:
    assert writers[Wording(locale, style)].write(SUNDAY) == text


@pytest.mark.parametrize(
    ("day", "text"),
    [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (12, "12th"), (13, "13th"), (31, "31st")],
)
def test_english_ordinals(writers: dict, day: int, text: str) -> None:
    assert writers[Wording("en", "do MMM y")].write(date(2026, 1, day)) == f"{text} Jan 2026"


def test_every_language_is_in_training(corpus: DateCorpus, writers: dict) -> None:
    taught = writers.keys() - corpus.held_out
    assert {wording.locale for wording in taught} == {"", *dates.LOCALES}
    assert len(dates.LOCALES) >= 25


def test_every_source_shows_its_year_and_day(corpus: DateCorpus) -> None:
    for source, target in corpus.train:
        numbers = {int(number) for number in re.findall(r"\d+", source)}  # of any script
        year, _, day = map(int, target.split("-"))
        assert {year, day} <= numbers or int(target.replace("-", "")) in numbers


def test_no_source_of_a_big_sample_means_two_days(corpus: DateCorpus) -> None:
    meanings = defaultdict(set)
    for source, target in corpus.train + corpus.dev + corpus.test:
        meanings[dates._plain(source)].add(target)
    assert [source for source, targets in meanings.items() if len(targets) > 1] == []


def test_no_text_of_any_wording_means_two_days(writers: dict) -> None:
    days = [date(2024, month, day) for month in range(1, 13) for day in range(1, 14)]
    meanings = defaultdict(set)
    for writer in writers.values():
        for day in filter(writer.is_clear, days):
            meanings[dates._plain(writer.write(day))].add(day)
    assert [text for text, days in meanings.items() if len(days) > 1] == []


@pytest.mark.parametrize("width", ["abbreviated", "wide"])
def test_no_month_name_means_two_months(width: str) -> None:
    months = defaultdict(set)
    for locale in dates.LOCALES:
        for form in ("format", "stand-alone"):
            for month, name in Locale.parse(locale).months[form][width].items():
                months[dates._plain(name)].add(month)
    assert {name: found for name, found in months.items() if len(found) > 1} == {}


def test_wordings_whose_month_names_clash_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dates, "LOCALES", ("en", "pl", "hr"))
    wordings = dates._writers()
    assert Wording("pl", "long") not in wordings  # listopada: November in Polish,
    assert Wording("hr", "d MMM y") not in wordings  # lip: June in Croatian, July in Polish
    assert Wording("en", "long") in wordings


def test_numbers_that_could_be_day_or_month_are_left_out(corpus: DateCorpus) -> None:
    for source, _ in corpus.train:
        if found := re.search(r"\b(\d{1,2})\W+(\d{1,2})\W+\d{4}\b", source):
            first, second = map(int, found.groups())
            assert first == second or max(first, second) > 12


def test_no_year_is_shortened_to_two_digits(writers: dict) -> None:
    assert all("2026" in writer.write(SUNDAY) for writer in writers.values())


def test_held_out_wordings_are_absent_from_training(corpus: DateCorpus, writers: dict) -> None:
    rows = corpus.train[:2_000]
    training = {dates._plain(source) for source, _ in rows}
    days = {date.fromisoformat(target) for _, target in rows}
    held_out = [dates._plain(writers[wording].write(day)) for wording in corpus.held_out for day in days]
    assert training.isdisjoint(held_out)


def test_the_language_and_the_style_of_a_held_out_wording_are_in_training(corpus: DateCorpus, writers: dict) -> None:
    taught = writers.keys() - corpus.held_out
    assert {wording.locale for wording in corpus.held_out} <= {wording.locale for wording in taught}
    assert {wording.style for wording in corpus.held_out} <= {wording.style for wording in taught}


def test_one_wording_in_twenty_is_held_out(corpus: DateCorpus, writers: dict) -> None:
    assert len(corpus.held_out) / len(writers) == pytest.approx(0.05, abs=0.005)


@pytest.mark.parametrize("split", ["dev", "test"])
def test_a_quarter_of_the_rows_has_a_new_wording(corpus: DateCorpus, split: str) -> None:
    assert len(corpus.unseen[split]) / 1_000 == pytest.approx(0.25, abs=0.05)
    assert set(corpus.unseen[split]) <= set(getattr(corpus, split))
    assert days_of(corpus.unseen[split]).isdisjoint(days_of(corpus.train))


def test_some_rows_are_typed_carelessly(corpus: DateCorpus) -> None:
    sources = sources_of(corpus.train)
    assert any(source.isupper() for source in sources)
    assert any("  " in source for source in sources)
    assert any("٢" in source for source in sources)  # an Arabic 2


def test_sources_fit_into_a_table(corpus: DateCorpus) -> None:
    for source, _ in corpus.train:
        assert source == source.strip()
        assert len(re.split(r"[\t\n\r]", source)) == 1


def test_files_hold_the_corpus_line_by_line(tmp_path: Path) -> None:
    corpus = write_dates(tmp_path / "dates", seed=7, num_train=11, num_dev=5, num_test=3)
    for split in SPLITS:
        lines = (tmp_path / "dates" / f"{split}.tsv").read_bytes().decode("utf-8").split("\n")
        assert lines.pop() == ""
        assert [tuple(line.split("\t")) for line in lines] == getattr(corpus, split)


def test_without_babel_one_line_tells_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "babel", None)
    with pytest.raises(S2SError, match=r'pip install "s2s-toolkit\[demo\]"') as error:
        make_dates(seed=1, num_train=1, num_dev=1, num_test=1)
    assert "\n" not in str(error.value)

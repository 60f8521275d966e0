"""What a file and its model are compared on."""

from dataclasses import replace
from pathlib import Path

from s2s_onnx.verification.cases import LONGEST, dev_cases, given_cases, random_cases
from s2s_toolkit.corpus import Pair
from s2s_toolkit.run import Run
from s2s_toolkit.symbols import UNK


def with_dev_pairs(run: Run, path: Path) -> Run:
    return replace(run, config=run.config.model_copy(update={"data": run.config.data.model_copy(update={"dev": path})}))


def test_given_pairs_are_named_by_their_lines() -> None:
    assert [case.place for case in given_cases([Pair("a", "x"), Pair("b", "y")])] == ["line 1", "line 2"]


def test_dev_pairs_are_the_first_ones(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "dev.tsv"
    path.write_text("".join(f"{number}\tx\n" for number in range(9)) + "no tab\n", encoding="utf-8")
    assert [case.pair.source for case in dev_cases(with_dev_pairs(run, path), 5)] == list("01234")


def test_dev_pairs_that_are_gone_are_none(run: Run, tmp_path: Path) -> None:
    assert dev_cases(with_dev_pairs(run, tmp_path / "gone.tsv"), 5) == []


def test_random_pairs_are_made_of_known_symbols_and_an_unknown_one(run: Run) -> None:
    pairs = [case.pair for case in random_cases(run, 200)]
    for side, texts in ((run.source, [pair.source for pair in pairs]), (run.target, [pair.target for pair in pairs])):
        drawn = [side.encode(text) for text in texts]
        assert {symbol for ids in drawn for symbol in ids} == {UNK, *range(4, len(side.vocabulary))}
        assert {len(ids) for ids in drawn} == set(range(LONGEST + 1))


def test_random_pairs_are_those_of_the_seed(run: Run) -> None:
    other = replace(run, config=run.config.model_copy(update={"seed": run.config.seed + 1}))
    assert random_cases(run, 9) == random_cases(run, 12)[:9] != random_cases(other, 9)

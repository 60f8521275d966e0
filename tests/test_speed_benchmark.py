"""`make bench` without the peers: every row's own side, tiny, in this process. Nothing is timed here."""

import json
from dataclasses import replace
from pathlib import Path

import click
import pytest

from benchmarks.speed import growth
from benchmarks.speed.__main__ import chosen, write
from benchmarks.speed.bench import Bench
from benchmarks.speed.comparison import comparisons
from benchmarks.speed.data import make_up
from benchmarks.speed.measured import KEY, Measured, read
from benchmarks.speed.row import Mark, Row, Side, unequal
from benchmarks.speed.rows import NAMES
from benchmarks.speed.running import PEAK, ROOT, alternate, here, in_process
from benchmarks.speed.table import table

TINY_PEAK = replace(PEAK, options={"size": 8})


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    folder = tmp_path_factory.mktemp("speed")
    make_up(folder / "data")
    (folder / "files").mkdir()
    return Bench(folder / "data", folder / "cache", folder / "files", "tiny")


@pytest.mark.parametrize("name", NAMES)
def test_each_row_does_its_work(name: str, bench: Bench) -> None:
    for module in ("torch", "tensorflow", "onnxruntime"):
        pytest.importorskip(module)
    for row in chosen([name], bench):
        if name != "tensorflow":  # one graph of TensorFlow is traced there, for all rows
            row = replace(row, ours=[side for side in row.ours if side.options.get("framework") != "tensorflow"])
        outcome = alternate(replace(row, peers=()), pairs=1, run=here, peak=TINY_PEAK)
        assert row.work in table([outcome])
        for one in comparisons(outcome):
            assert one.seconds.median > 0
            assert one.memory[0] > 0
        assert {mark.peer for mark in row.marks} <= {"", *(peer.name for peer in row.peers)}


def test_every_file_of_a_row_is_in_the_list() -> None:
    files = (Path(ROOT) / "benchmarks/speed/rows").glob("[!_]*.py")
    assert sorted(path.stem.replace("_", "-") for path in files) == sorted(NAMES)


def counting(*amounts: float, words: int = 7) -> list[Measured]:
    return [Measured(amount, 2.0, 4.0, 30.0, facts={"words": words}) for amount in amounts]


ROW = Row(
    name="counting",
    work="numbers",
    unit="numbers",
    ours=[Side("ours", "", {})],
    peers=[Side("theirs", "", {})],
    marks=[Mark("ours", 3, "theirs")],
    flops=10.0,
    differences=lambda done: unequal(done, "words"),
)


def test_sides_take_turns_and_are_compared_round_by_round() -> None:
    given = {"theirs": iter(counting(2, 1, 4)), "ours": iter(counting(4, 8, 10)), "peak": iter(counting(100, 100, 100))}
    calls = []

    def run(side: Side, threads: int) -> list[Measured]:
        calls.append((side.name, threads))
        return [next(given[side.name])]

    outcome = alternate(ROW, pairs=3, run=run)
    assert calls == [("peak", 2), ("theirs", 2), ("ours", 2)] * 3
    (one,) = comparisons(outcome)
    assert one.ratio is not None
    assert (one.ratio.lowest, one.ratio.median, one.ratio.highest) == (2.0, 2.5, 8.0)
    assert one.mark == "≥ 3x: missed"
    assert one.rates == (4.0, 1.0)
    assert one.shares == (0.8, 0.2)


def test_sides_that_did_other_work_are_refused() -> None:
    given = {"theirs": counting(1, words=7), "ours": counting(1, words=8), "peak": counting(1)}
    with pytest.raises(click.ClickException, match="not the same work; words: theirs 7, ours 8"):
        alternate(ROW, pairs=1, run=lambda side, threads: given[side.name])


def test_a_side_tells_of_its_work_from_a_process_of_its_own(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    (measured,) = in_process(tmp_path)(TINY_PEAK, 1)
    assert measured.amount == 2 * 8**3


def test_a_side_that_fails_is_told_with_what_it_said(tmp_path: Path) -> None:
    with pytest.raises(click.ClickException, match="No module named 'nowhere'"):
        in_process(tmp_path)(Side("ours", "nowhere", {}), 1)


def test_measurements_are_found_among_what_else_is_printed() -> None:
    assert read(f'start\n{{"{KEY}": {{"amount": 1, "seconds": 2, "processor_seconds": 3, "memory": 4}}}}\nend') == [
        Measured(1, 2, 3, 4)
    ]


def test_results_are_written_with_the_machine(tmp_path: Path) -> None:
    given = {"theirs": counting(1), "ours": counting(2), "peak": counting(1)}
    outcome = alternate(ROW, pairs=1, run=lambda side, threads: given[side.name])
    write(tmp_path, {"cores": 2}, [outcome])
    content = json.loads((tmp_path / "speed.json").read_text(encoding="utf-8"))
    assert content["machine"] == {"cores": 2}
    assert content["rows"]["counting"]["comparisons"][0]["ratio"]["median"] == 2
    assert "| counting | ours | theirs | 2.00 |" in (tmp_path / "speed.md").read_text(encoding="utf-8")


def test_growth_is_told_as_the_power_of_a_size() -> None:
    cases = {"batch 1": 1.0, "batch 4": 8.0, "beam 2": 3.0, "beam 20": 3.0}
    given = {
        "ours": [Measured(1, seconds, 1.0, 30.0, case) for case, seconds in cases.items()],
        "peak": counting(1),
    }
    row = replace(ROW, name="growth-decode", peers=(), differences=lambda done: [])
    outcome = alternate(row, pairs=1, run=lambda side, threads: given[side.name])
    assert list(growth.lines([outcome])) == [
        "- `growth-decode`: time grows with batch to the power of 1.50 to 4.",
        "- `growth-decode`: time grows with beam to the power of 0.00 to 20.",
    ]

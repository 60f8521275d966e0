"""Which devices compute: those that are asked for, or one line that says which there are."""

from pathlib import Path
from typing import Any

import pytest

from s2s_toolkit.devices import chosen_devices
from s2s_toolkit.errors import UnsupportedError
from s2s_toolkit.testing.requirements import require


@pytest.mark.parametrize(
    ("asked", "count", "there", "chosen"),
    [
        ("cpu", 3, {"cuda": 2}, ["cpu", "cpu", "cpu"]),
        ("cuda", 2, {"cuda": 3}, ["cuda:0", "cuda:1"]),
        ("cuda:1", 1, {"cuda": 3}, ["cuda:1"]),
        ("auto", 1, {"cuda": 0, "mps": 1}, ["mps:0"]),
        ("auto", 1, {"cuda": 2, "mps": 1}, ["cuda:0"]),
        ("auto", 2, {"cuda": 0}, ["cpu", "cpu"]),
    ],
)
def test_devices_are_chosen_by_kind_or_by_number(
    asked: str, count: int, there: dict[str, int], chosen: list[str]
) -> None:
    assert chosen_devices(asked, count, there) == chosen


@pytest.mark.parametrize(
    ("asked", "count", "there", "told"),
    [
        ("cuda", 1, {"cuda": 0}, "there is no device 'cuda'; the framework finds: cpu"),
        ("cuda:2", 1, {"cuda": 2}, "there is no device 'cuda:2'; the framework finds: cpu, cuda:0, cuda:1"),
        ("cuda", 3, {"cuda": 2}, "there are no 3 devices 'cuda'; the framework finds: cpu, cuda:0, cuda:1"),
        ("cuda:1", 2, {"cuda": 2}, "there are no 2 devices 'cuda:1'; the framework finds: cpu, cuda:0, cuda:1"),
        ("", 1, {"mps": 1}, "there is no device ''; the framework finds: cpu, mps:0"),
    ],
)
def test_devices_that_are_not_there_are_told_with_those_that_are(
    asked: str, count: int, there: dict[str, int], told: str
) -> None:
    with pytest.raises(UnsupportedError) as refused:
        chosen_devices(asked, count, there)
    assert str(refused.value) == told


COMMANDS = (
    "translate run dev.tsv",
    "evaluate run dev.tsv",
    "plot run ab -o a.png",
    "report run",
    "train tiny.toml -o new",
)


@pytest.mark.parametrize("framework", ["torch", "tensorflow"])
@pytest.mark.parametrize("command", [*COMMANDS, "find-learning-rate tiny.toml"])
def test_every_command_that_computes_refuses_a_device_that_is_not_there(
    command: str, framework: str, s2s: Any, run: Path
) -> None:
    require(framework)
    done = s2s(*command.split(), "--device", "cuda:77", "--framework", framework)
    assert done.exit_code == 2
    assert "there is no device 'cuda:77'; the framework finds: cpu" in done.stderr
    assert not Path("new").exists()


@pytest.mark.parametrize("framework", ["torch", "tensorflow"])
def test_the_processor_is_what_computes_by_default(framework: str, s2s: Any, run: Path) -> None:
    require(framework)
    default, told = (
        s2s("translate", run, "dev.tsv", "--framework", framework, *more) for more in ((), ("--device", "cpu"))
    )
    assert (default.exit_code, default.stdout) == (0, told.stdout)


def test_a_framework_that_says_nothing_of_devices_computes_on_the_processor(s2s: Any, run: Path) -> None:
    assert s2s("translate", run, "dev.tsv", "--framework", "numpy", "--device", "cpu").exit_code == 0
    done = s2s("translate", run, "dev.tsv", "--framework", "numpy", "--device", "auto")
    assert (done.exit_code, "numpy computes on one cpu only, given device 'auto'" in done.stderr) == (2, True)

"""`s2s plugins check`: what is told of the parts of a plugin."""

import re
import sys
from itertools import pairwise

import pytest

from s2s_toolkit.plugins import load_registry

SCORER = """
from s2s_toolkit.components import ANY, Component
from s2s_toolkit.hookspecs import hookimpl


class Swapped:
    def __init__(self, query_size: int, memory_size: int, *, size: int = 4) -> None:
        pass

    def weights(self):
        return {}

    def keys(self, xp, weights, memory):
        return memory

    def score(self, xp, weights, query, keys):
        return xp.matmul(keys, xp.matrix_transpose(query[:, :, : keys.shape[-1]]))


@hookimpl
def s2s_attention_scorers():
    return [Component("swapped", "numpy", f"{__name__}:Swapped", "scores with swapped axes")]
"""


METRICS = """
from s2s_toolkit.components import ANY, Component
from s2s_toolkit.hookspecs import hookimpl
from s2s_toolkit.metrics import Metric


def compute(hypotheses, references):
    if sum(map(len, hypotheses)) % 2:
        raise IndexError("odd")
    raise ZeroDivisionError("even")


moody = Metric("moody", True, "", compute)


@hookimpl
def s2s_metrics():
    return [Component(name, ANY, f"{__name__}:{name}", "for a test") for name in ("moody", "gone")]
"""


OTHERS = '''
import click

from s2s_toolkit.components import ANY, Component
from s2s_toolkit.hookspecs import hookimpl
from s2s_toolkit.observers import Observer


class Quiet(Observer):
    """Hears and says nothing.

    Args:
        folder: Where nothing is written.
    """

    def __init__(self, *, folder: str = "") -> None:
        pass


class Odd:
    def __init__(self, *, folder, times: int) -> None:
        pass

    def on_start(self, event):
        pass


@click.command()
def count():
    """Count."""


@hookimpl
def s2s_training_observers():
    return [Component(name.lower(), ANY, f"{__name__}:{name}", "for a test") for name in PARTS]


@hookimpl
def s2s_add_commands():
    return [Component("count", ANY, f"{__name__}:count", "for a test")]
'''


@pytest.fixture
def checked(s2s, tmp_path, monkeypatch):
    """What `check` says of a file; its rows, and what it says beside them."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    names = []

    def check(name, code, *arguments):
        names.append(name)
        path = tmp_path / f"{name}.py"
        path.write_text(code)
        done = s2s("plugins", "check", path, *arguments, parts=load_registry())
        return done, [tuple(line.split("\t")) for line in done.stdout.splitlines()[1:]], str(path)

    yield check
    for name in names:
        sys.modules.pop(name, None)


def test_a_file_with_a_wrong_part_is_checked_by_the_suite_of_its_kind(checked):
    done, rows, path = checked("swapped_checked", SCORER)
    assert ("attention scorer swapped", "", "part is offered once", "holds") in rows
    (contract,) = [row for row in rows if row[2] == "contract"]
    assert contract[:2] == ("attention scorer swapped", "numpy")
    assert contract[3].startswith("fails: attention scorer 'swapped' of swapped_checked.py: `score` gives scores of")
    (others,) = [row for row in rows if row[3] == "fails: as above"]
    assert others[:2] == ("attention scorer swapped", "")
    alike = int(others[2].removesuffix(" more"))
    failing = [row for row in rows if row[3].startswith("fails") and row != others]
    counts = f"{len(failing) + alike} of {len(rows) - 1 + alike}"
    assert done.exit_code == 2
    assert done.stderr.splitlines()[-1] == f"s2s: {path}: {counts} checks fail; -v shows where"


def test_a_part_that_cannot_be_loaded_is_one_row(checked):
    done, rows, _ = checked("gone_checked", METRICS)
    assert [row for row in rows if row[0] == "metric gone"] == [
        (
            "metric gone",
            "",
            "can be loaded",
            "fails: metric 'gone' of gone_checked.py can't be loaded from gone_checked:gone: "
            "AttributeError: module 'gone_checked' has no attribute 'gone'",
        )
    ]
    assert done.exit_code == 2


def test_two_mistakes_in_one_check_are_told_as_the_first(checked):
    _, rows, _ = checked("two_checked", METRICS)
    failing = {row[3] for row in rows if row[0] == "metric moody" and row[3].startswith("fails")} - {"fails: as above"}
    assert failing
    assert all(re.search(r": (ZeroDivisionError: even|IndexError: odd) \(", reason) for reason in failing), failing


def test_a_mistake_behind_several_failures_is_told_once(checked):
    _, rows, _ = checked("repeated_checked", SCORER)
    results = [row[3] for row in rows if row[3] != "holds"]
    assert "fails: as above" in results
    assert not any(one == other != "fails: as above" for one, other in pairwise(results))


def test_verbose_shows_where_it_failed(checked):
    done, _, _ = checked("verbose_checked", SCORER, "-v")
    assert "\nattention scorer swapped, numpy: contract\n" in done.stdout
    assert "in test_contract" in done.stdout
    assert done.stderr.splitlines()[-1].endswith("checks fail")


def test_kinds_without_a_suite_are_looked_at(checked):
    done, rows, path = checked("others_checked", OTHERS.replace("PARTS", "('Quiet',)"))
    assert rows == [
        ("command count", "any", "can be loaded", "holds"),
        ("command count", "any", "is a click command", "holds"),
        ("command count", "any", "has a help text", "holds"),
        ("training observer quiet", "any", "can be loaded", "holds"),
        ("training observer quiet", "any", "has every method that is called", "holds"),
        ("training observer quiet", "any", "options have types and defaults", "holds"),
        ("training observer quiet", "any", "it and its options are documented", "holds"),
    ]
    assert (done.exit_code, done.stderr) == (0, f"s2s: {path}: 7 checks hold\n")


def test_what_such_a_part_lacks_is_told(checked):
    done, rows, _ = checked("odd_checked", OTHERS.replace("PARTS", "('Odd', 'Gone')"), "--kind", "training-observer")
    assert done.exit_code == 2
    assert [row[3] for row in rows][1:] == [
        "fails: it lacks on_step, on_validation, on_checkpoint, on_end, on_error, on_warning",
        "fails: no type or no default: folder, times",
        "fails: it has no docstring",
        "fails: training observer 'gone' of odd_checked.py can't be loaded from odd_checked:Gone: "
        "AttributeError: module 'odd_checked' has no attribute 'Gone'",
    ]


def test_a_file_that_cannot_be_loaded_is_a_row_with_the_reason(checked):
    done, rows, path = checked("broken_checked", "import no_such_module")
    ((part, _, check, result),) = rows
    assert (done.exit_code, part, check) == (2, path, "can be loaded")
    reason = "plugin broken_checked.py can't be imported: ModuleNotFoundError: No module named 'no_such_module'"
    assert result.startswith(f"fails: {reason}")


def test_a_package_that_failed_is_a_row_with_the_reason(s2s):
    parts = load_registry()
    parts.failures["s2s-broken"] = "ImportError: no module"
    done = s2s("plugins", "check", "s2s-broken", parts=parts)
    assert done.exit_code == 2
    assert done.stdout.splitlines()[1:] == ["s2s-broken\t\tcan be loaded\tfails: ImportError: no module"]


@pytest.mark.parametrize("name", ["s2s-toolkit", "S2S_toolkit"])
def test_an_installed_package_is_checked_by_its_name_as_pip_takes_it(name, s2s, registry):
    commands = [offer for offer in registry.offers["command"] if offer.plugin == "s2s-toolkit"]
    done = s2s("plugins", "check", name, "--kind", "command")
    assert (done.exit_code, done.stderr) == (0, f"s2s: {name}: {3 * len(commands)} checks hold\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["s2s-tolkit"], "no plugin called 's2s-tolkit'; did you mean 's2s-toolkit'? installed: "),
        (["gone.py"], "there is no plugin file gone.py"),
    ],
)
def test_what_cannot_be_checked_is_one_line(s2s, arguments, message):
    done = s2s("plugins", "check", *arguments)
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith(f"s2s: {message}")


def test_a_kind_that_a_plugin_does_not_offer_is_refused_with_those_it_does(checked):
    done, _, _ = checked("metric_checked", OTHERS.replace("PARTS", "('Quiet',)"), "--kind", "metric")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == "s2s: metric_checked.py offers no metric; it offers: command, training observer\n"

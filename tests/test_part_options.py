"""A part's options as options of a command."""

import re
from pathlib import Path
from typing import Literal

import click
import pytest
from click.testing import CliRunner

from s2s_toolkit.commands.part_options import click_options, option_texts


class Part:
    """Has an option of each kind.

    Args:
        first_size: What the pipeline gives; no option.
        kind: Which of two,
            in two lines: with a colon.
        count: How many.
        share: How much; nothing unless given.
        name: What it is called.
        is_quick: Whether it hurries.
        place: Where it lies.

    Attributes:
        other: No option either.
    """

    def __init__(
        self,
        first_size: int,
        *,
        kind: Literal["this", "that"] = "this",
        count: int = 3,
        share: float | None = None,
        name: str = "",
        is_quick: bool = False,
        place: Path | None = None,
        undescribed: int = 0,
    ) -> None:
        pass


@pytest.fixture
def options():
    return {option.name: option for option in click_options(Part)}


def parsed(*arguments):
    """What a command with these options is called with."""
    seen = {}
    command = click.Command("c", params=click_options(Part), callback=lambda **values: seen.update(values))
    done = CliRunner().invoke(command, arguments)
    return done, seen


def test_options_are_the_keyword_only_arguments(options):
    assert list(options) == ["kind", "count", "share", "name", "is_quick", "place", "undescribed"]
    assert options["is_quick"].opts == ["--is-quick"]


def test_texts_come_from_the_docstring(options):
    assert option_texts(Part) == {
        "first_size": "What the pipeline gives; no option.",
        "kind": "Which of two, in two lines: with a colon.",
        "count": "How many.",
        "share": "How much; nothing unless given.",
        "name": "What it is called.",
        "is_quick": "Whether it hurries.",
        "place": "Where it lies.",
    }
    assert options["undescribed"].help == "[default: 0]"


def test_a_part_without_a_docstring_has_options_all_the_same():
    class Bare:
        def __init__(self, *, count: int = 1) -> None:
            pass

    (option,) = click_options(Bare)
    assert (option.name, option.help) == ("count", "[default: 1]")
    assert option_texts(Bare) == {}


def test_a_default_is_told_if_it_says_something(options):
    assert options["kind"].help.endswith("colon. [default: this]")
    assert options["count"].help == "How many. [default: 3]"
    assert options["share"].help == "How much; nothing unless given."
    assert options["name"].help == "What it is called."
    assert options["is_quick"].help == "Whether it hurries."


def test_what_is_not_given_is_none():
    done, seen = parsed()
    assert done.exit_code == 0
    assert seen == dict.fromkeys(["kind", "count", "share", "name", "is_quick", "place", "undescribed"])


def test_values_have_the_types_of_the_annotations():
    arguments = "--kind that --count 5 --share 0.5 --name x --is-quick --place a/b --undescribed 0".split()
    _, seen = parsed(*arguments)
    assert seen == {
        "kind": "that",
        "count": 5,
        "share": 0.5,
        "name": "x",
        "is_quick": True,
        "place": Path("a/b"),
        "undescribed": 0,
    }


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--kind", "those"], "'those' is not one of 'this', 'that'"),
        (["--count", "many"], "'many' is not a valid integer"),
        (["--share", "half"], "'half' is not a valid float"),
        (["--first-size", "3"], "No such option:? '?--first-size"),
    ],
)
def test_a_wrong_value_is_refused(arguments, message):
    done, seen = parsed(*arguments)
    assert (done.exit_code, seen) == (2, {})
    assert re.search(message, done.output)

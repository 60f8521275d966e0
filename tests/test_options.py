"""Options: read from a part's constructor, checked, and refused in words that say what would work."""

import inspect
from typing import Literal

import pytest

from s2s_toolkit.errors import ConfigError
from s2s_toolkit.options import create_part, option_parameters
from s2s_toolkit.validation import check_options


class Part:
    """A part with two sizes and three options, one of them required."""

    def __init__(self, rows: int, columns: int, *, depth: int, rate: float = 0.5, mode: Literal["up", "down"] = "up"):
        if depth < 1:
            raise ValueError(f"depth must be at least 1, given {depth}")
        self.rows, self.columns, self.depth, self.rate, self.mode = rows, columns, depth, rate, mode


def make(**options):
    return create_part(Part, 3, 5, options=options, where="part")


def test_sizes_and_options_reach_the_constructor():
    part = make(depth=7, rate=0.25, mode="down")
    assert (part.rows, part.columns, part.depth, part.rate, part.mode) == (3, 5, 7, 0.25, "down")


def test_options_left_out_have_the_constructors_defaults():
    assert vars(make(depth=7)) == {"rows": 3, "columns": 5, "depth": 7, "rate": 0.5, "mode": "up"}


def test_only_given_options_are_returned():
    assert check_options(Part, {"depth": 7}, "part") == {"depth": 7}


def test_options_are_the_keyword_only_arguments():
    assert list(option_parameters(Part)) == ["depth", "rate", "mode"]
    assert option_parameters(Part)["rate"].default == 0.5
    assert option_parameters(Part)["depth"].default is inspect.Parameter.empty


def test_whole_number_is_a_float():
    assert make(depth=7, rate=1).rate == 1.0


def test_misspelt_option_is_refused_with_a_suggestion():
    with pytest.raises(
        ConfigError, match=r"^unknown key 'part\.dept'; did you mean 'depth'\? known: depth, mode, rate$"
    ):
        make(depth=7, dept=7)


def test_far_fetched_option_is_refused_with_what_is_known():
    with pytest.raises(ConfigError, match=r"^unknown key 'part\.temperature'; known: depth, mode, rate$"):
        make(depth=7, temperature=1)


def test_keys_beside_the_options_are_suggested_too():
    with pytest.raises(
        ConfigError, match=r"'part\.strategi'; did you mean 'strategy'\? known: depth, mode, rate, strategy$"
    ):
        create_part(Part, 3, 5, options={"depth": 7, "strategi": 1}, where="part", beside=["strategy"])


@pytest.mark.parametrize("size", ["rows", "columns"])
def test_sizes_are_no_options(size):
    with pytest.raises(ConfigError, match=f"unknown key 'part.{size}'"):
        make(depth=7, **{size: 11})


def test_part_without_options_says_so():
    with pytest.raises(ConfigError, match=r"^unknown key 'part\.depth'; known: none$"):
        create_part(object, options={"depth": 7}, where="part")


@pytest.mark.parametrize(
    ("option", "value", "expected"),
    [("depth", "deep", "integer"), ("depth", 3.5, "integer"), ("depth", [3], "integer"), ("rate", "fast", "number")],
)
def test_wrong_type_is_refused_with_what_was_given(option, value, expected):
    with pytest.raises(ConfigError) as caught:
        make(**{"depth": 7, option: value})
    message = str(caught.value)
    assert message.startswith(f"'part.{option}': ")
    assert expected in message
    assert message.endswith(f"given {value!r}")


def test_wrong_choice_is_refused_with_the_choices():
    with pytest.raises(ConfigError, match=r"^'part\.mode': input should be 'up' or 'down', given 'sideways'$"):
        make(depth=7, mode="sideways")


def test_missing_option_is_named():
    with pytest.raises(ConfigError, match=r"^'part\.depth' is missing$"):
        make(rate=0.25)


def test_a_number_that_no_framework_holds_is_refused():
    with pytest.raises(ConfigError, match=r"^'part\.depth': a whole number is at most 2,147,483,647, given 10{30}$"):
        make(depth=10**30)


def test_what_the_constructor_refuses_is_told_with_its_section():
    with pytest.raises(ConfigError, match=r"^\[part\] depth must be at least 1, given 0$"):
        make(depth=0)


def test_option_without_a_type_takes_anything():
    def part(*, anything):
        return anything

    assert create_part(part, options={"anything": [3, "five"]}, where="part") == [3, "five"]


def test_option_may_be_named_like_a_pydantic_setting():
    def part(*, model_size: int):
        return model_size

    assert create_part(part, options={"model_size": 3}, where="part") == 3


def test_option_that_could_be_taken_for_a_size_is_refused():
    class Careless:
        def __init__(self, rows: int, columns: int, depth: int = 1) -> None: ...

    with pytest.raises(TypeError, match="its option 'depth' can't be set by name alone; put `\\*` before it"):
        create_part(Careless, 3, 5, options={}, where="part")

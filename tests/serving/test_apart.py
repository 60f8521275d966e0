"""What one text spoils."""

import math

from hypothesis import given
from hypothesis import strategies as st

from s2s_toolkit.serving.apart import translated_apart
from s2s_toolkit.translation import Translation


class BadError(Exception):
    pass


@given(st.lists(st.booleans(), max_size=70))
def test_a_bad_item_spoils_itself_alone_and_costs_few_calls(bad):
    calls = 0

    def translate(numbers):
        nonlocal calls
        calls += 1
        for number in numbers:
            if bad[number]:
                raise BadError(number)
        return [Translation(str(number), 0.0, (), ()) for number in numbers]

    found = translated_apart(translate, range(len(bad)))
    for number, (result, is_bad) in enumerate(zip(found, bad, strict=True)):
        assert (result.args == (number,)) if is_bad else (result.text == str(number))
    assert calls <= 1 + 2 * sum(bad) * math.ceil(math.log2(max(len(bad), 1)))


def test_what_would_end_the_program_ends_a_text():
    def translate(items):
        raise SystemExit(3)

    assert [type(result) for result in translated_apart(translate, ["a", "b"])] == [SystemExit, SystemExit]

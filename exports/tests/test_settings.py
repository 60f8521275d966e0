"""What a call may set is checked before the graph sees it; the graph itself checks nothing."""

from typing import Any

import numpy as np
import pytest

from s2s_onnx.settings import Settings
from s2s_toolkit.errors import ConfigError

SETTINGS = Settings("m.onnx", "greedy", {"max_length": 9, "min_length": 2}, {"no_repeat_ngram_size": 3})


def test_lengths_are_int64_scalars() -> None:
    found = SETTINGS.checked({"min_length": np.int32(4), "max_length": 5})
    assert {name: (array.shape, array.dtype, int(array)) for name, array in found.items()} == {
        "min_length": ((), np.int64, 4),
        "max_length": ((), np.int64, 5),
    }


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"min_length": 10}, "min_length must lie between 0 and max_length, which is 9; given 10"),
        ({"max_length": 1}, "min_length must lie between 0 and max_length, which is 1; given 2"),
        ({"min_length": -1}, "min_length must lie between 0 and max_length, which is 9; given -1"),
        ({"min_length": 1.5}, "'min_length' takes an integer, given 1.5"),
        ({"no_repeat_ngram_size": 2}, "'no_repeat_ngram_size' of m.onnx is fixed at 3; export anew to change it"),
        ({"prefix": "a"}, "'prefix' of m.onnx is unknown; what a call can set: max_length, min_length"),
    ],
)
def test_settings_that_can_not_work_are_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        SETTINGS.checked(given)


def test_lengths_must_fit_those_that_were_chosen_before() -> None:
    chosen = SETTINGS.checked({"max_length": 20})
    assert int(SETTINGS.checked({"min_length": 15}, chosen)["min_length"]) == 15
    with pytest.raises(ConfigError, match="max_length, which is 20; given 21"):
        SETTINGS.checked({"min_length": 21}, chosen)


def test_a_file_from_before_least_lengths_still_opens() -> None:
    old = Settings("m.onnx", "beam", {"max_length": 9, "length_penalty": 0.5}, {"beam_size": 4})
    assert set(old.checked({"max_length": 3})) == {"max_length"}
    with pytest.raises(ConfigError, match=r"'min_length' of m\.onnx is unknown"):
        old.checked({"min_length": 3})

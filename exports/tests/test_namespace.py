"""Every function of the array namespace gives in the graph what it gives with numpy."""

import pytest

from s2s_onnx.graph.namespace import OnnxNamespace
from s2s_toolkit.arrays import FUNCTIONS
from s2s_toolkit.testing.array_functions import CALLS, Call


@pytest.mark.parametrize("name", FUNCTIONS)
def test_function_gives_what_numpy_gives(assert_traced_alike: Call, name: str) -> None:
    for function in CALLS[name]:
        assert_traced_alike(function)


BEYOND_THE_STANDARD: list[Call] = [
    lambda xp, i: xp.mean(i, axis=0),
    lambda xp, x: xp.reshape(x, -1),
    lambda xp, x: xp.take(x, xp.asarray([[-1, 1]]), axis=1),
    lambda xp, i, x: xp.where(i, x, 0.0),
]


@pytest.mark.parametrize("call", BEYOND_THE_STANDARD)
def test_what_numpy_also_takes_is_never_silently_another_thing(assert_traced_alike: Call, call: Call) -> None:
    assert_traced_alike(call)


def test_unknown_function_is_named() -> None:
    with pytest.raises(AttributeError, match="no 'sort'; it has: abs, all"):
        OnnxNamespace().sort  # noqa: B018

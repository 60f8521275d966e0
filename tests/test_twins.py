"""Native twins: constructors that take what the reference's takes."""

import inspect

import pytest

from s2s_toolkit.options import option_parameters
from s2s_toolkit.parts.twins import made_from, reference_of
from s2s_toolkit.testing.requirements import require


class Reference:
    def __init__(self, input_size: int, *, size: int = 3) -> None:
        if size < 1:
            raise ValueError(f"size must be at least 1, given {size}")
        self.total = input_size + size


class Twin:
    @made_from(Reference)
    def __init__(self, sizes: Reference) -> None:
        """Take all from the reference."""
        self.total = sizes.total


def test_a_twin_is_handed_the_reference_made_of_its_arguments():
    assert Twin(5).total == 8
    assert Twin(5, size=7).total == 12


def test_the_reference_is_what_reads_a_twins_options():
    assert reference_of(Twin) is Reference
    assert reference_of(Reference) is Reference


def test_a_twin_refuses_what_the_reference_refuses():
    with pytest.raises(ValueError, match="at least 1, given 0"):
        Twin(5, size=0)
    with pytest.raises(TypeError, match="'sise'"):
        Twin(5, sise=7)


def test_a_twins_signature_is_the_references():
    twin, reference = (inspect.signature(each).parameters for each in (Twin, Reference))
    assert list(twin.items()) == list(reference.items())
    assert twin["size"].annotation is int


@pytest.mark.parametrize("framework", ["torch", "tensorflow"])
@pytest.mark.parametrize(
    ("kind", "name"), [("encoder", "gru"), ("encoder", "lstm"), ("decoder", "bahdanau"), ("decoder", "luong")]
)
def test_built_in_twins_have_the_options_of_the_reference(kind, name, framework, registry):
    require(framework)
    twin, reference = (registry.load(kind, name, each) for each in (framework, "numpy"))
    assert option_parameters(twin) == option_parameters(reference)
    assert len(option_parameters(twin)) >= 5

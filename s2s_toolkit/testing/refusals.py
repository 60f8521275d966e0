"""What is refused is told to a person: in one line, and as an error of ours."""

from collections.abc import Iterator
from contextlib import contextmanager

from s2s_toolkit.errors import S2SError


@contextmanager
def refusing(what: str) -> Iterator[None]:
    """Expect an error for users, in one line; AssertionError where what is given is not refused."""
    __tracebackhide__ = True
    try:
        yield
    except S2SError as error:
        assert_one_line(error)
    else:
        raise AssertionError(f"{what} is not refused")


def assert_one_line(error: S2SError) -> None:
    """What a person reads."""
    assert str(error).strip(), "the error says nothing"
    assert "\n" not in str(error), f"the error has more than one line: {error}"

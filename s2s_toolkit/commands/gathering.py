"""Options that belong together, handed to a command as one value."""

from collections.abc import Callable
from functools import wraps
from inspect import signature
from typing import Any


def gathered(name: str, gather: Callable[..., object]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A decorator of a command: the options that `gather` has arguments for become its result, the argument `name`.

    An argument of `gather` that the command has no option for keeps its default.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @wraps(command)
        def gathering(*arguments: Any, **values: Any) -> None:
            own = {key: values.pop(key) for key in signature(gather).parameters if key in values}
            command(*arguments, **{name: gather(**own)}, **values)

        return gathering

    return decorate

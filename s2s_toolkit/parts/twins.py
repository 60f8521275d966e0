"""Native twins of reference parts: sizes and options are written down once, in the reference."""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

P = ParamSpec("P")
Reference = TypeVar("Reference")


def made_from(
    reference: Callable[P, Reference],
) -> Callable[[Callable[[Any, Reference], None]], Callable[Concatenate[Any, P], None]]:
    """Let a twin's constructor take what the reference part's takes, and get that part, which says all sizes.

    So both have the same options with the same types and defaults, and refuse the same.
    """

    def decorate(init: Callable[[Any, Reference], None]) -> Callable[Concatenate[Any, P], None]:
        @wraps(init)
        def made(self: Any, *sizes: P.args, **options: P.kwargs) -> None:
            init(self, reference(*sizes, **options))

        own = inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)
        signature = inspect.signature(reference)
        told: Any = made
        told.__signature__ = signature.replace(parameters=[own, *signature.parameters.values()])
        told.reference = reference
        return made

    return decorate


def reference_of(part: Any) -> Any:
    """The class that reads a twin's options; of any other part it is the part's own."""
    return getattr(part.__init__, "reference", part)

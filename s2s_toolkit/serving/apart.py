"""A batch in which one text can't be translated: the others get what they would get without it."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from s2s_toolkit.errors import FOREIGN
from s2s_toolkit.translation import Translation

Item = TypeVar("Item")
Result = Translation | BaseException
"""What became of a text: its translation, or what was raised for it alone."""


def translated_apart(translate: Callable[[Sequence[Item]], list[Translation]], items: Sequence[Item]) -> list[Result]:
    """Translate items together; where that fails, each half by itself, down to the items that fail alone.

    One bad item among n costs 2 log2(n) calls more, and what is refused before anything is computed costs next to
    nothing.
    """
    try:
        return [*translate(items)]
    except FOREIGN as error:
        if len(items) == 1:
            return [error]
    middle = len(items) // 2
    return translated_apart(translate, items[:middle]) + translated_apart(translate, items[middle:])

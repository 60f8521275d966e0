"""Tokenizers: text to symbols and back, by rules that the exported file follows to the letter."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol, Self, TypeGuard

from s2s_toolkit.segmentation import Segmentation

TAB = "\t"

WHITESPACE = (
    "\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f\x20\x85\xa0\u1680"
    "\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""The 29 code points for which `str.isspace` is true, written out: a later Unicode must not change a trained model."""

_BETWEEN_TAGS = re.compile(f"[{TAB};]")
_WHITESPACE_RUN = re.compile(f"[{re.escape(WHITESPACE)}]+")


class Tokenizer(Protocol):
    """Splits text into symbols, none of them empty.

    One for text with tags has `tag_separators` too: strings at each of which the exported file cuts what stands behind
    the first tab. A symbol made there begins with a tab; `separators` are for what stands before.

    A tokenizer may have a `segmentation` as well (`s2s_toolkit.segmentation`). Then what `separators` part are words,
    "▁" goes before each, and the segmentation cuts them into the symbols; `join` puts these together and has a
    `separator` for each "▁", but for one at the beginning. "▁" is one of the separators then.

    Attributes:
        separator: What `join` puts between symbols, or between words where there is a segmentation.
        separators: Strings at each of which the exported file cuts, so as to split alike; "" cuts at every code point.
    """

    separator: str
    separators: tuple[str, ...]

    def split(self, text: str) -> list[str]:
        """The symbols of a text; nothing is left of an empty one."""

    def join(self, symbols: Sequence[str]) -> str:
        """The text that symbols stand for."""


class LearningTokenizer(Tokenizer, Protocol):
    """A tokenizer that learns from the training texts how to split; before, it splits as it can.

    Attributes:
        state: What was learnt, as JSON can say it, which a run keeps; None before.
    """

    state: Mapping[str, Any] | None

    def learned(self, texts: Iterable[str]) -> Self:
        """Another tokenizer with the same options, which has learnt from texts; this one stays as it is."""

    def restored(self, state: Mapping[str, Any]) -> Self:
        """Another tokenizer with the same options and the state of one that has learnt; ValueError if it is none."""


def learns(tokenizer: Tokenizer) -> TypeGuard[LearningTokenizer]:
    """Whether a tokenizer has to learn before it is used."""
    return hasattr(tokenizer, "learned")


def segmentation(tokenizer: Tokenizer) -> Segmentation | None:
    """How a tokenizer cuts its words into pieces; None where words are symbols, as they are without the attribute."""
    found: Segmentation | None = getattr(tokenizer, "segmentation", None)
    return found


class Characters:
    """Every code point is a symbol, white space too."""

    separator = ""
    separators: tuple[str, ...] = ("",)

    def split(self, text: str) -> list[str]:
        return list(text)

    def join(self, symbols: Sequence[str]) -> str:
        return self.separator.join(symbols)


class Words:
    """Words stand between runs of Unicode white space (`WHITESPACE`); joined, one space parts them."""

    separator = " "
    separators: tuple[str, ...] = tuple(WHITESPACE)

    def split(self, text: str) -> list[str]:
        return [word for word in _WHITESPACE_RUN.split(text) if word]

    def join(self, symbols: Sequence[str]) -> str:
        return self.separator.join(symbols)


class Separator:
    """Symbols stand between runs of spaces, as phones in a dictionary do; any other white space is kept."""

    separator = " "
    separators: tuple[str, ...] = (" ",)

    def split(self, text: str) -> list[str]:
        return [symbol for symbol in text.split(" ") if symbol]

    def join(self, symbols: Sequence[str]) -> str:
        return self.separator.join(symbols)


class Tagged:
    """Code points up to the first tab, and behind it tags, between tabs and semicolons: "walk<TAB>V;PST".

    The symbol of a tag begins with a tab, which no other symbol does: the tag V is not the letter V.
    """

    separator = ""
    separators: tuple[str, ...] = ("",)
    tag_separators: tuple[str, ...] = (TAB, ";")

    def split(self, text: str) -> list[str]:
        untagged, _, tags = text.partition(TAB)
        return [*untagged, *(TAB + tag for tag in _BETWEEN_TAGS.split(tags) if tag)]

    def join(self, symbols: Sequence[str]) -> str:
        return self.separator.join(symbols)


def tag_separators(tokenizer: Tokenizer) -> tuple[str, ...]:
    """Where a tokenizer cuts tags; empty if it knows none."""
    return tuple(getattr(tokenizer, "tag_separators", ()))

"""Watch a plugin's tokenizer: what it can't split, or splits into something else than symbols, is told by name."""

from collections.abc import Sequence
from typing import Any

from s2s_toolkit.blame import blaming, named
from s2s_toolkit.errors import PluginError
from s2s_toolkit.registry import Offer
from s2s_toolkit.tokenizers import Tokenizer, tag_separators

KIND = "tokenizer"
PARTS = ("split", "join", "separator", "separators")
SHOWN = 40
"""Characters of a text that a message repeats."""


class CheckedTokenizer:
    """A tokenizer whose results are looked at; PluginError names it and what it was given.

    Args:
        tokenizer: What a plugin made.
        offer: Where it comes from.
    """

    def __init__(self, tokenizer: Any, offer: Offer) -> None:
        self._tokenizer: Tokenizer = tokenizer
        self._offer = offer
        if missing := [part for part in PARTS if not hasattr(tokenizer, part)]:
            raise PluginError(f"{named(KIND, offer)} has no {missing[0]!r}; a tokenizer has {', '.join(PARTS)}")
        self.separator, self.separators = tokenizer.separator, tokenizer.separators
        with blaming(KIND, offer):
            self.tag_separators = tag_separators(tokenizer)

    def split(self, text: str) -> list[str]:
        """The symbols of a text, none of them empty."""
        with blaming(KIND, self._offer):
            symbols = self._tokenizer.split(text)
        if not isinstance(symbols, list | tuple):
            raise self._error(f"splits {_shown(text)} into {_shown(symbols)}, expected a list of strings")
        if wrong := [symbol for symbol in symbols if not isinstance(symbol, str) or not symbol]:
            raise self._error(
                f"splits {_shown(text)} into {_shown(wrong[0])} among others; a symbol is a string, not ''"
            )
        return list(symbols)

    def join(self, symbols: Sequence[str]) -> str:
        """The text that symbols stand for."""
        with blaming(KIND, self._offer):
            text = self._tokenizer.join(symbols)
        if not isinstance(text, str):
            raise self._error(f"joins {_shown(symbols)} to {_shown(text)}, expected a string")
        return text

    def _error(self, what: str) -> PluginError:
        return PluginError(f"{named(KIND, self._offer)} {what}")


def _shown(value: Any) -> str:
    said = repr(value)
    return said if len(said) <= SHOWN else f"{said[:SHOWN]}…"

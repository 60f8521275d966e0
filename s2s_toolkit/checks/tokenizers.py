"""Watch a plugin's tokenizer: what it can't split, or splits into something else than symbols, is told by name."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self

from s2s_toolkit.blame import blaming, named
from s2s_toolkit.errors import PluginError
from s2s_toolkit.registry import Offer
from s2s_toolkit.segmentation import Merges, Segmentation, Unigram
from s2s_toolkit.tokenizers import LearningTokenizer, Tokenizer, learns, segmentation, tag_separators

KIND = "tokenizer"
PARTS = ("split", "join", "separator", "separators")
LEARNING_PARTS = ("learned", "restored", "state")
SHOWN = 40
"""Characters of a text that a message repeats."""


def watched(tokenizer: Any, offer: Offer) -> Tokenizer:
    """A plugin's tokenizer, looked at; one that learns goes on learning."""
    return CheckedLearningTokenizer(tokenizer, offer) if learns(tokenizer) else CheckedTokenizer(tokenizer, offer)


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
        self.segmentation: Segmentation | None = segmentation(tokenizer)
        if not isinstance(self.segmentation, Merges | Unigram | None):
            raise self._error(
                f"has the segmentation {_shown(self.segmentation)}, expected Merges or Unigram of "
                "s2s_toolkit.segmentation, or None"
            )

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


class CheckedLearningTokenizer(CheckedTokenizer):
    """One that learns; what it learns has to be kept in JSON.

    Args:
        tokenizer: What a plugin made.
        offer: Where it comes from.
    """

    def __init__(self, tokenizer: Any, offer: Offer) -> None:
        super().__init__(tokenizer, offer)
        self._learner: LearningTokenizer = tokenizer
        if missing := [part for part in LEARNING_PARTS if not hasattr(tokenizer, part)]:
            raise self._error(f"has no {missing[0]!r}; one that learns has {', '.join(LEARNING_PARTS)}")
        self.state = tokenizer.state
        if self.state is not None and not _is_json(self.state):
            raise self._error(f"has the state {_shown(self.state)}, expected a dict that JSON gives back as it was")

    def learned(self, texts: Iterable[str]) -> Self:
        """Another one, which has learnt from texts."""
        kept = list(texts)  # what the reading of texts raises is not the plugin's
        with blaming(KIND, self._offer):
            tokenizer = self._learner.learned(kept)
        return self._known(tokenizer, "learned")

    def restored(self, state: Mapping[str, Any]) -> Self:
        """Another one, with a state; ValueError if it is none."""
        try:
            with blaming(KIND, self._offer):
                tokenizer = self._learner.restored(state)
        except PluginError as error:
            if isinstance(error.__cause__, ValueError):  # which is for whoever has read the state
                raise error.__cause__ from None
            raise
        return self._known(tokenizer, "restored")

    def _known(self, tokenizer: Any, method: str) -> Self:
        other = type(self)(tokenizer, self._offer) if learns(tokenizer) else None
        if other is None or other.state is None:
            raise self._error(f"gives {_shown(tokenizer)} by {method}, expected a tokenizer with a state")
        return other


def _is_json(state: Any) -> bool:
    try:
        return bool(isinstance(state, dict) and json.loads(json.dumps(state)) == state)
    except (TypeError, ValueError):
        return False


def _shown(value: Any) -> str:
    said = repr(value)
    return said if len(said) <= SHOWN else f"{said[:SHOWN]}…"

"""How many symbols a text has, known before the graph cuts it: a batch is grouped by that, and there are limits."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from s2s_toolkit.errors import DataError


class SymbolCounter:
    """Counts symbols as the graph's tokenizer would, but for what normalisation adds.

    Args:
        separators: Where the tokenizer cuts; "" at every code point.
        tag_separators: Where it cuts what stands behind the first tab; nothing if that is text like the rest.
    """

    def __init__(self, separators: Sequence[str], tag_separators: Sequence[str] = ()) -> None:
        cuts = [re.escape(separator) for separator in separators if separator]
        self._cut = re.compile("|".join(cuts)) if cuts else None
        self._tags = SymbolCounter(tag_separators) if tag_separators else None

    def __call__(self, text: str) -> int:
        """The number of a text's symbols."""
        if self._tags is not None:
            text, _, tags = text.partition("\t")
            return self._count(text) + self._tags(tags)
        return self._count(text)

    def _count(self, text: str) -> int:
        return len(text) if self._cut is None else sum(map(bool, self._cut.split(text)))


class SourceSymbols:
    """The symbols of sources, which have a limit.

    Args:
        metadata: The file's.
        limit: Symbols at most; None for what the file says.
    """

    def __init__(self, metadata: Mapping[str, Any], limit: int | None) -> None:
        self._counter = SymbolCounter(metadata["source_separators"], metadata.get("source_tag_separators", ()))
        self._limit = metadata["max_source_length"] if limit is None else limit

    def count(self, texts: Sequence[str]) -> list[int]:
        """The number of each text's symbols; DataError if one has more than the limit."""
        counts = [self._counter(text) for text in texts]
        for number, count in enumerate(counts, start=1):
            if count > self._limit:
                start = texts[number - 1][:20]
                raise DataError(
                    f"source {number}, {start!r}…, has {count} symbols, the limit is {self._limit}; split it, or, in "
                    "Python, give Translator another max_source_length"
                )
        return counts

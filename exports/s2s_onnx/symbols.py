"""How many symbols a source has, known before the graph cuts it: a batch is grouped by that, and it has a limit."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from s2s_toolkit.errors import DataError


class SourceSymbols:
    """Counts symbols as the graph's tokenizer would, but for what normalisation adds.

    Args:
        metadata: The file's.
        limit: Symbols at most; None for what the file says.
    """

    def __init__(self, metadata: Mapping[str, Any], limit: int | None) -> None:
        separators = [separator for separator in metadata["source_separators"] if separator]
        self._cut = re.compile("|".join(map(re.escape, separators))) if separators else None
        self._limit = metadata["max_source_length"] if limit is None else limit

    def count(self, texts: Sequence[str]) -> list[int]:
        """The number of each text's symbols; DataError if one has more than the limit."""
        counts = [self._count(text) for text in texts]
        for number, count in enumerate(counts, start=1):
            if count > self._limit:
                start = texts[number - 1][:20]
                raise DataError(
                    f"source {number}, {start!r}…, has {count} symbols, the limit is {self._limit}; split it, or raise "
                    "the limit with max_source_length"
                )
        return counts

    def _count(self, text: str) -> int:
        return len(text) if self._cut is None else sum(map(bool, self._cut.split(text)))

"""How many symbols a text has, known before the graph cuts it: a batch is grouped by that, and there are limits."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from s2s_toolkit.errors import DataError, ModelFileError
from s2s_toolkit.normalization import Normalization
from s2s_toolkit.segmentation import MARK, segmentation_of

REMEMBERED = 2**16
"""Words whose number of pieces is remembered."""


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


class PieceCounter:
    """Counts the pieces of words, which normalisation changes as a whole.

    Args:
        separators: Where the tokenizer cuts a text into words.
        segmentation: How it cuts a word, as the metadata says it; ValueError if that is none.
        normalization: What is done before.
    """

    def __init__(self, separators: Sequence[str], segmentation: Any, normalization: Normalization) -> None:
        self._words = re.compile("|".join(map(re.escape, separators)))
        self._normalization, cut = normalization, segmentation_of(segmentation).cut
        self._count = lru_cache(maxsize=REMEMBERED)(lambda word: len(cut(MARK + word)))

    def __call__(self, text: str) -> int:
        """The number of a text's symbols."""
        return sum(self._count(word) for word in self._words.split(self._normalization(text)) if word)


def symbol_counter(metadata: Mapping[str, Any], name: str, where: str) -> SymbolCounter | PieceCounter:
    """The counter of the side "source" or "target", as the metadata of a file describes it; `where` names the file."""
    separators, segmentation = metadata[f"{name}_separators"], metadata.get(f"{name}_segmentation")
    if segmentation is None:
        return SymbolCounter(separators, metadata.get(f"{name}_tag_separators", ()))
    try:
        normalization = Normalization(metadata[f"{name}_normalization"], metadata[f"{name}_lowercase"])
        return PieceCounter(separators, segmentation, normalization)
    except (KeyError, ValueError) as error:
        raise ModelFileError(f"{where} has damaged metadata ({name}: {error}); export it again") from error


class SourceSymbols:
    """The symbols of sources, which have a limit.

    Args:
        metadata: The file's.
        limit: Symbols at most; None for what the file says.
        where: The file, for errors.
    """

    def __init__(self, metadata: Mapping[str, Any], limit: int | None, where: str = "the file") -> None:
        self._counter = symbol_counter(metadata, "source", where)
        self._limit = metadata["max_source_length"] if limit is None else limit

    def count(self, texts: Sequence[str]) -> list[int]:
        """The number of each text's symbols; DataError if one has more than the limit."""
        counts = [self._counter(text) for text in texts]
        for number, count in enumerate(counts, start=1):
            if count > self._limit:
                start = f"{texts[number - 1][:20]!r}…"
                which = f"source {number}, {start}," if len(texts) > 1 else f"the source {start}"
                raise DataError(
                    f"{which} has {count} symbols, the limit is {self._limit}; split it, or, in "
                    "Python, give Translator another max_source_length"
                )
        return counts

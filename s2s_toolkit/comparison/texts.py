"""Dev pairs that the frameworks' models decode differently."""

from collections.abc import Sequence
from dataclasses import dataclass

from s2s_toolkit.comparison.trained import Trained
from s2s_toolkit.corpus import Pair
from s2s_toolkit.labels import shown_text
from s2s_toolkit.report.clusters import clusters
from s2s_toolkit.report.differences import Piece, differences
from s2s_toolkit.text import TextSide


@dataclass(frozen=True)
class DifferentText:
    """A pair and what each framework makes of it.

    Attributes:
        line: Where the pair stands, from 1.
        source: Its text.
        reference: Likewise.
        texts: Framework -> its text in pieces, marked where it is other than that of the first framework; that of the
            first one where it is other than that of the second.
    """

    line: int
    source: str
    reference: str
    texts: dict[str, list[Piece]]

    @property
    def shown(self) -> list[str]:
        """Everything that needs glyphs."""
        return [self.source, self.reference, *(piece.text for pieces in self.texts.values() for piece in pieces)]


def different_texts(
    pairs: Sequence[tuple[int, Pair]], trained: Sequence[Trained], target: TextSide, *, limit: int
) -> tuple[list[DifferentText], int]:
    """The first few pairs, each with its line, of which not all texts are the same, and how many there are in all."""
    found = [
        (line, pair, texts)
        for (line, pair), *texts in zip(pairs, *(each.texts for each in trained), strict=True)
        if len(set(texts)) > 1
    ]
    frameworks = [each.measured.framework for each in trained]
    return [_shown(*each, frameworks=frameworks, target=target) for each in found[:limit]], len(found)


def _shown(
    line: int, pair: Pair, texts: Sequence[str], *, frameworks: Sequence[str], target: TextSide
) -> DifferentText:
    separator = target.tokenizer.separator
    first, *others = [text.split(separator) if separator else clusters(text) for text in texts]
    compared = [differences(first, other, separator=separator) for other in others]
    pieces = [compared[0][0], *(of_other for _, of_other in compared)]
    texts_by_framework = dict(zip(frameworks, pieces, strict=True))
    return DifferentText(line, shown_text(pair.source), shown_text(pair.target), texts_by_framework)

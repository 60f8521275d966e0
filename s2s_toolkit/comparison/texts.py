"""Dev pairs that the frameworks' models decode differently."""

from collections.abc import Sequence
from dataclasses import dataclass

from s2s_toolkit.comparison.trained import Trained
from s2s_toolkit.corpus import Pair
from s2s_toolkit.labels import shown_text
from s2s_toolkit.report.differences import Piece, differences
from s2s_toolkit.text import TextSide


@dataclass(frozen=True)
class DifferentText:
    """A pair and what each framework makes of it.

    Attributes:
        line: Where the pair stands, from 1.
        source: Its text.
        reference: Likewise.
        texts: Framework -> its text in pieces, marked where it is other than the reference.
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
    reference, separator = target.split(pair.target), target.tokenizer.separator
    pieces = [differences(reference, target.split(text), separator=separator)[1] for text in texts]
    return DifferentText(
        line, shown_text(pair.source), shown_text(pair.target), dict(zip(frameworks, pieces, strict=True))
    )
